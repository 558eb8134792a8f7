package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.data.DataDirectoryException;
import io.hydrant.node.replication.EntryCodec;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.ReplicatedStateMachine;
import io.hydrant.raftlog.StateOrigin;
import io.hydrant.raftlog.Transport;
import io.hydrant.raftlog.ratis.RatisRaftLog;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.GetClusterRequest;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.ListImagesRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.ReadClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A new group out of one replica. What the others had is played by entries that are added to its
 * log while no server runs: commits whose bytes never came here.
 */
final class RecoveryTest {
  private static final ByteString TOKEN = ByteString.copyFromUtf8("0123456789abcdef");
  private static final int PAGES = 64;

  @TempDir private Path directory;

  /** One member of a group over the network, that has lost the others. */
  private final class Survivor implements AutoCloseable {
    private final int[] ports = GroupOfThree.freePorts(3);
    private final Map<String, String> settings =
        Map.of(
            "data.directory",
            directory.resolve("data").toString(),
            "listen.address",
            "127.0.0.1:" + ports[0],
            "cluster.peer-address",
            "127.0.0.1:" + ports[1],
            "cluster.raft-address",
            "127.0.0.1:" + ports[2],
            "cluster.join",
            "true",
            "storage.segment-bytes",
            "8m",
            "storage.reserve-bytes",
            "1m");
    private final NodeClient client = new NodeClient(ports[0]);
    private Optional<HydrantNode> node = Optional.empty();

    Survivor() throws IOException {}

    NodeConfig config() throws Exception {
      return NodeConfig.load(Optional.empty(), Map.of(), settings);
    }

    void start() throws Exception {
      node = Optional.of(HydrantNode.start(config()));
    }

    void stop() throws IOException {
      if (node.isPresent()) {
        node.get().close();
        node = Optional.empty();
      }
    }

    void found() throws Exception {
      start();
      stub()
          .init(
              InitRequest.newBuilder()
                  .setToken(TOKEN)
                  .addPeerAddress("127.0.0.1:" + ports[1])
                  .build());
      awaitLeader();
    }

    private ClusterServiceGrpc.ClusterServiceBlockingStub stub() {
      return ClusterServiceGrpc.newBlockingStub(client.channel())
          .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    Cluster cluster() {
      return stub().getCluster(GetClusterRequest.getDefaultInstance());
    }

    void awaitLeader() throws InterruptedException {
      GroupOfThree.await("it to lead", () -> !cluster().getLeaderId().isEmpty());
      GroupOfThree.await(
          "it to serve",
          () -> client.images().listImages(ListImagesRequest.getDefaultInstance()) != null);
    }

    /** As if a leader had sent these, and nothing else. */
    void append(Cluster cluster, EntryPosition behind, List<Command> commands) throws Exception {
      String self = cluster.getMembers(0).getMember().getNode();
      Passive machine = new Passive(new LogPosition(behind.term(), behind.index()));
      try (RaftLog log =
          RatisRaftLog.open(
              RaftLogConfig.member(
                  directory.resolve("data/raft/log"),
                  UUID.fromString(cluster.getGroupId()),
                  self,
                  List.of(
                      new Peer(
                          self,
                          "127.0.0.1:" + ports[2],
                          "127.0.0.1:" + ports[0],
                          "127.0.0.1:" + ports[1])),
                  new Transport.Grpc("127.0.0.1", ports[2])),
              machine)) {
        assertTrue(machine.leading.await(30, TimeUnit.SECONDS));
        for (Command command : commands) {
          log.submit(EntryCodec.encode(new Entry(1, RequestId.NONE, RequestId.NONE, command)))
              .get(30, TimeUnit.SECONDS);
        }
      }
    }

    @Override
    public void close() throws Exception {
      client.close();
      stop();
    }
  }

  /** Applies nothing. */
  private static final class Passive implements ReplicatedStateMachine {
    private final LogPosition restored;
    private final CountDownLatch leading = new CountDownLatch(1);

    Passive(LogPosition restored) {
      this.restored = restored;
    }

    @Override
    public LogPosition restored() {
      return restored;
    }

    @Override
    public StateOrigin origin() {
      return StateOrigin.REPLAYED;
    }

    @Override
    public byte[] apply(LogPosition position, byte[] command) {
      return new byte[0];
    }

    @Override
    public void skip(LogPosition position) {}

    @Override
    public LogPosition snapshot() {
      return restored;
    }

    @Override
    public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
      return CompletableFuture.failedFuture(new UnsupportedOperationException());
    }

    @Override
    public void leadershipChanged(boolean leader, long term) {
      if (leader) {
        leading.countDown();
      }
    }

    @Override
    public void membershipChanged(Membership membership) {}

    @Override
    public void failed(Throwable cause) {
      throw new IllegalStateException(cause);
    }
  }

  private static List<Command> committedElsewhere(TestImage image, long checkpoint, long base) {
    ImageId id = new ImageId(image.uid());
    Epoch epoch = new Epoch(image.epoch());
    byte[] digest = new byte[Digest.BYTES];
    digest[0] = (byte) checkpoint;
    return List.of(
        new Command.Open(
            id,
            epoch,
            CheckpointKind.INCREMENTAL,
            Optional.of(new CheckpointId(base)),
            Optional.empty()),
        new Command.Commit(
            new CheckpointKey(id, new CheckpointId(checkpoint)),
            epoch,
            new Command.Content(Digest.of(digest), 1, 1, 4_096, 0),
            List.of("lost", "too")));
  }

  private static boolean has(NodeClient client, OpenRestoreResponse session, long seed)
      throws InterruptedException {
    FetchResponse fetched =
        client.fetch(
            FetchRequest.newBuilder()
                .setToken(session.getToken())
                .setReadClass(ReadClass.READ_CLASS_FAULT)
                .addPage(7)
                .build());
    return fetched.hasPages()
        && fetched.getPages().getData().equals(ByteString.copyFrom(Draft.content(seed, 7)));
  }

  private Losses examined(Survivor survivor) throws Exception {
    try (Recovery recovery = Recovery.open(survivor.config())) {
      return recovery.examine();
    }
  }

  private static List<CheckpointId> ids(long... ids) {
    return Arrays.stream(ids).mapToObj(CheckpointId::new).toList();
  }

  @Test
  void saysExactlyWhatIsLostAndKeepsTheRest() throws Exception {
    try (Survivor survivor = new Survivor()) {
      survivor.found();
      TestImage whole = survivor.client.image("whole", PAGES);
      long kept = survivor.client.writeFull(whole, 1);
      TestImage holed = survivor.client.image("holed", PAGES);
      long first = survivor.client.writeFull(holed, 2);
      Cluster before = survivor.cluster();
      IOException busy = assertThrows(IOException.class, () -> examined(survivor));
      assertTrue(String.valueOf(busy.getMessage()).contains("in use"), busy.getMessage());
      survivor.stop();

      Losses nothing = examined(survivor);
      assertEquals(
          List.of(
              new Losses.Image(
                  whole.uid(), "whole", Optional.of(new CheckpointId(kept)), ids(kept), List.of()),
              new Losses.Image(
                  holed.uid(),
                  "holed",
                  Optional.of(new CheckpointId(first)),
                  ids(first),
                  List.of())),
          nothing.images());
      survivor.append(before, nothing.last(), committedElsewhere(holed, first + 1, first));
      Losses losses = examined(survivor);
      assertEquals(
          new Losses.Image(
              holed.uid(),
              "holed",
              Optional.of(new CheckpointId(first + 1)),
              ids(first, first + 1),
              ids(first + 1)),
          losses.images().getLast());
      assertEquals(losses, examined(survivor), "a look changes nothing");

      try (Recovery recovery = Recovery.open(survivor.config())) {
        Recovery.Recovered made = recovery.recover(recovery.examine());
        assertTrue(Files.isDirectory(made.oldLog()), made.toString());
        assertNotEquals(before.getGroupId(), made.group().toString());
        assertFalse(recovery.isUnderWay());
      }
      survivor.start();
      survivor.awaitLeader();
      Cluster after = survivor.cluster();
      assertEquals(before.getClusterId(), after.getClusterId());
      assertNotEquals(before.getGroupId(), after.getGroupId());
      assertTrue(has(survivor.client, survivor.client.openRestore(whole, kept), 1));
      assertTrue(has(survivor.client, survivor.client.openRestore(holed, first), 2));
      OpenRestoreResponse lost = survivor.client.openRestore(holed, first + 1);
      assertFalse(has(survivor.client, lost, 2));
      TestImage again = survivor.client.acquire(holed.uid(), "holed", PAGES);
      long next = survivor.client.writeFull(again, 3);
      assertTrue(has(survivor.client, survivor.client.openRestore(again, next), 3));

      survivor.stop();
      survivor.start();
      survivor.awaitLeader();
      assertTrue(has(survivor.client, survivor.client.openRestore(again, next), 3));
    }
  }

  @Test
  void oneThatWasCutOffIsFinishedAndNothingElse() throws Exception {
    try (Survivor survivor = new Survivor()) {
      survivor.found();
      TestImage image = survivor.client.image("vm", PAGES);
      long kept = survivor.client.writeFull(image, 1);
      survivor.stop();
      Path data = directory.resolve("data");
      byte[] old = Files.readAllBytes(data.resolve("identity"));
      byte[] decided;
      try (Recovery recovery = Recovery.open(survivor.config())) {
        recovery.recover(recovery.examine());
        decided = Files.readAllBytes(data.resolve("identity"));
      }
      // As if it had been killed when half of the parts had their new identity.
      Files.write(data.resolve("recovery"), decided);
      Files.write(data.resolve("identity"), old);
      Files.write(data.resolve("catalog/store-identity"), old);
      DataDirectoryException refused = assertThrows(DataDirectoryException.class, survivor::start);
      assertTrue(String.valueOf(refused.getMessage()).contains("cut off"), refused.getMessage());
      try (Recovery recovery = Recovery.open(survivor.config())) {
        assertTrue(recovery.isUnderWay());
        recovery.finish();
      }
      survivor.start();
      survivor.awaitLeader();
      assertTrue(has(survivor.client, survivor.client.openRestore(image, kept), 1));
    }
  }

  @Test
  void aGroupOfOneIsNotRecovered() throws Exception {
    Path data = directory.resolve("alone");
    try (NodeFixture node = new NodeFixture(data, Map.of())) {
      node.image("vm", 1);
    }
    NodeConfig config =
        NodeConfig.load(Optional.empty(), Map.of(), Map.of("data.directory", data.toString()));
    DataDirectoryException refused =
        assertThrows(DataDirectoryException.class, () -> Recovery.open(config));
    assertTrue(String.valueOf(refused.getMessage()).contains("group of one"));
    NodeConfig nowhere =
        NodeConfig.load(
            Optional.empty(),
            Map.of(),
            Map.of("data.directory", directory.resolve("nowhere").toString()));
    assertThrows(DataDirectoryException.class, () -> Recovery.open(nowhere));
    assertFalse(Files.exists(directory.resolve("nowhere")), "nothing is made");
  }
}
