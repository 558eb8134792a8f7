package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentInspection;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.ScrubFinding;
import io.hydrant.engine.store.Scrubber;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.node.Draft;
import io.hydrant.node.cluster.Introduction;
import io.hydrant.peer.v1.CheckpointRun;
import io.hydrant.peer.v1.FetchListRequest;
import io.hydrant.peer.v1.FetchTractRequest;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.TractListPart;
import io.hydrant.peer.v1.TractPart;
import io.hydrant.peer.v1.TractSummary;
import io.hydrant.v1.Reason;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replica fetches what it lacks from the others: real stores, real gRPC, a log that never fails.
 */
@Timeout(120)
final class RepairTest {
  @TempDir private Path directory;
  private TestGroup group;
  private final List<CheckpointKey> written = new ArrayList<>();

  @BeforeEach
  void make() throws Exception {
    group = new TestGroup(directory);
  }

  @AfterEach
  void end() throws Exception {
    group.close();
  }

  private CheckpointKey write(long seed, long... pages) throws Exception {
    CheckpointKey key = group.write(seed, pages);
    written.add(key);
    return key;
  }

  private CheckpointKey writeAt(List<TestNode> holders, long seed, long... pages) throws Exception {
    CheckpointKey key = group.writeAt(holders, seed, pages);
    written.add(key);
    return key;
  }

  private void writeFull(long seed) throws Exception {
    write(seed, LongStream.range(0, TestGroup.PAGES).toArray());
  }

  /** Everything that a session on a checkpoint reads, page by page. */
  private List<ByteBuffer> content(TestNode node, CheckpointKey key) throws Exception {
    Outcome pinned =
        group.log.apply(new Command.Pin(key.image(), Optional.of(key.checkpoint()), 60_000));
    ReadPoint point = node.store().readPoint(((Outcome.Pinned) pinned).session());
    List<ByteBuffer> content = new ArrayList<>();
    for (long page = 0; page < TestGroup.PAGES; page += PageReader.PAGES_MAX) {
      ByteBuffer target = ByteBuffer.allocateDirect(PageReader.PAGES_MAX * Draft.PAGE_BYTES);
      node.store()
          .pages()
          .read(point, 0, LongStream.range(page, page + PageReader.PAGES_MAX).toArray(), target);
      content.add(target.flip());
    }
    for (SlimReader.Chunk chunk : node.store().slim().chunks(point)) {
      content.add(node.store().slim().read(point, chunk));
    }
    return content;
  }

  private void awaitWhole(TestNode node) {
    TestGroup.await(
        node + " has all, " + node.meter.get() + ", " + node.stops,
        () -> node.store().missing().lacks().isEmpty());
  }

  private void assertHasAll(TestNode node) throws Exception {
    for (CheckpointKey key : written) {
      assertEquals(content(group.n1, key), content(node, key), key.toString());
    }
    assertEquals(List.of(), node.stops);
  }

  /** A normal answer, of which the source's log says nothing either. */
  @Test
  void theSlimStateOfWhatIsNotRetainedIsGone() throws Exception {
    group.start(TestNode.patient());
    CheckpointKey aborted = group.open();
    group.open();
    PeerAddress n1 = new PeerAddress("n1", "127.0.0.1", group.n1.port());
    Handshake n2 = group.n2.handshake();
    try (PeerConnection connection = PeerConnection.to(n1, n2.self())) {
      connection.greet(n1, n2);
      List<RemoteRepairSource> broken = new ArrayList<>();
      RemoteRepairSource source = new RemoteRepairSource("n1", connection.channel(), broken::add);
      RepairRefusal refusal = assertThrows(RepairRefusal.class, () -> source.slim(aborted));
      assertEquals(RepairRefusal.Kind.GONE, refusal.kind());
      assertTrue(
          String.valueOf(refusal.getMessage()).endsWith("is not retained any more"),
          refusal.getMessage());
      assertEquals(List.of(), broken);
    }
  }

  @Test
  void whatWasCommittedMeanwhileIsFetchedAndHeld() throws Exception {
    group.start(TestNode.patient());
    group.n3.stop();
    writeFull(1);
    for (int i = 0; i < 12; i++) {
      write(2 + i, 3 * i, 100, 2_048 + i);
    }
    assertEquals(13, group.n3.store().missing().lacks().size());
    group.n3.start(TestNode.patient());
    awaitWhole(group.n3);
    assertHasAll(group.n3);
    assertTrue(group.n3.meter.fetchedBytes() > 0);
    TestGroup.await(
        "it holds what it fetched, though no entry comes",
        () -> group.n3.store().holdMark() == group.n3.store().applied().index());
  }

  @Test
  void aSourceThatDiesIsFollowedByTheOther() throws Exception {
    group.start(TestNode.patient());
    group.n3.stop();
    writeFull(1);
    write(2, 5);
    // n2 is asked first, since n1 leads.
    group.n2.source.onTract =
        count -> {
          if (count == 2) {
            Thread.startVirtualThread(group.n2::stop);
          }
        };
    group.n3.start(TestNode.patient());
    awaitWhole(group.n3);
    assertHasAll(group.n3);
    assertTrue(group.n2.source.tracts.get() >= 1, "it was asked");
    assertTrue(group.n1.source.tracts.get() >= 1, "then the other");
  }

  @Test
  void metadataThatWasInstalledIsProvenByComparing() throws Exception {
    group.start(TestNode.patient());
    writeFull(1);
    write(2, 5, 6);
    TestGroup.await("n3 has it", () -> group.n3.store().missing().lacks().isEmpty());
    TestGroup.await(
        "whole", () -> group.n3.store().holdMark() == group.n3.store().applied().index());
    group.n3.stop();
    group.log.leave(group.n3.store());
    write(3, 2_050);
    group.n3.store().install(group.n1.store().frozenCatalog().encode());
    group.log.join(group.n3.store());
    assertEquals(1, group.n3.store().missing().lacks().size(), "what it has not seen committed");
    long before = group.n3.meter.fetchedBytes();
    group.n3.start(TestNode.patient());
    awaitWhole(group.n3);
    assertHasAll(group.n3);
    long fetched = group.n3.meter.fetchedBytes() - before;
    assertTrue(fetched > 0 && fetched < 1 << 20, "fetched only what differs: " + fetched);
  }

  @Test
  void whatRotsIsFoundByOneScrubAndFetchedFromTheOthers() throws Exception {
    group.start(TestNode.patient());
    writeFull(1);
    write(2, 5, 6, 2_050);
    TestGroup.await(
        "n3 has all", () -> group.n3.store().holdMark() == group.n3.store().applied().index());
    List<Long> rotten = rot(directory.resolve("n3").resolve("segments"), 100);
    Scrubber scrubber = group.n3.store().scrubber();
    scrubber.begin();
    while (!scrubber.step(1 << 20).ended()) {
      // It counts its bytes; here nobody waits for others.
    }
    assertEquals(TestGroup.PAGES + 3, scrubber.progress().pagesVerified());
    List<ScrubFinding.Page> found =
        scrubber.findings().stream().map(ScrubFinding.Page.class::cast).toList();
    for (long offset : rotten) {
      assertTrue(
          found.stream()
              .anyMatch(
                  page -> page.offset() <= offset && offset < page.offset() + Draft.PAGE_BYTES),
          () -> offset + " was not found");
    }
    TestGroup.await(
        "all is repaired",
        () -> Long.valueOf(0).equals(group.n3.store().gauges().get("damaged_page_count")));
    for (ScrubFinding.Page page : found) {
      assertEquals(ScrubFinding.State.REPAIRED, scrubber.stateOf(page), page.toString());
    }
    assertHasAll(group.n3);
  }

  /** Turns bits of pages over, in the one segment; returns where. */
  private static List<Long> rot(Path segments, int count) throws Exception {
    long seed = Long.getLong("hydrant.seed", 1);
    System.out.println("repeat with -Dtest=RepairTest -Dhydrant.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Path segment = segments.resolve("segment-0000000001.hyd");
    List<SegmentInspection.Sound> patches = new ArrayList<>();
    SegmentInspection.open(segment)
        .scan(item -> {
          if (item instanceof SegmentInspection.Sound sound
              && sound.record() instanceof LogRecord.Patch patch
              && patch.payloadBytes() > 0) {
            patches.add(sound);
          }
        });
    List<Long> offsets = new ArrayList<>();
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int i = 0; i < count; i++) {
        SegmentInspection.Sound patch = patches.get(random.nextInt(patches.size()));
        int payload = patch.record().payloadBytes();
        long end = patch.offset() + patch.recordBytes() - 8L;
        long offset = end - random.nextInt(payload - 8);
        ByteBuffer one = ByteBuffer.allocate(1);
        file.read(one, offset);
        one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
        if (!offsets.contains(offset)) {
          file.write(one.flip(), offset);
          offsets.add(offset);
        }
      }
    }
    return offsets;
  }

  @Test
  void whoLacksItTooIsNotWaitedFor() throws Exception {
    group.start(TestNode.patient());
    group.n3.stop();
    writeFull(1);
    group.n2.stop();
    group.n3.start(TestNode.patient());
    awaitWhole(group.n3);
    assertHasAll(group.n3);
  }

  /**
   * One checkpoint is retained that builds on one that n1 lacks and on one that n2 lacks, both
   * retired. n3 has all, and its disk is lost: it answers nobody. n1 runs, n2 has stopped.
   */
  private CheckpointKey lackEachOthers() throws Exception {
    group.n1.start(TestNode.patient());
    group.n2.start(TestNode.patient());
    group.n1.plane().leadershipChanged(true);
    group.n2.stop();
    group.log.apply(new Command.SetRetention(group.image, 1));
    List<TestNode> all = List.of(group.n1, group.n2, group.n3);
    long[] firstOfEach = LongStream.range(0, 256).map(i -> i % 128 + i / 128 * 2_048).toArray();
    writeAt(all, 1, firstOfEach);
    writeAt(List.of(group.n2, group.n3), 2, 3, 4, 5, 2_050);
    writeAt(List.of(group.n1, group.n3), 3, 5, 6, 130, 2_051);
    CheckpointKey last = writeAt(all, 4, 6, 7);
    group.log.apply(
        new Command.Retire(
            group.image,
            written.stream()
                .filter(key -> !key.equals(last))
                .map(CheckpointKey::checkpoint)
                .toList()));
    written.removeIf(key -> !key.equals(last));
    return last;
  }

  @Test
  void twoThatEachLackWhatTheOtherHasBecomeWhole() throws Exception {
    CheckpointKey last = lackEachOthers();
    assertEquals(1, group.n1.store().missing().lacks().size());
    assertEquals(1, group.n2.store().missing().lacks().size());
    group.n2.start(TestNode.patient());
    awaitWhole(group.n1);
    awaitWhole(group.n2);
    List<ByteBuffer> content = content(group.n3, last);
    assertEquals(content, content(group.n1, last));
    assertEquals(content, content(group.n2, last));
    assertEquals(List.of(), group.n1.stops);
    assertEquals(List.of(), group.n2.stops);
    assertEquals(6L * Draft.PAGE_BYTES, bytesFetched(group.n1, group.n2), "what was lacking");
  }

  private static long bytesFetched(TestNode... nodes) {
    return Stream.of(nodes).mapToLong(node -> node.meter.fetchedBytes()).sum();
  }

  @Test
  void whoDoesNotAskForPartsHearsThatItIsNotHere() throws Exception {
    CheckpointKey last = lackEachOthers();
    PeerLife asker = new PeerLife("n2", 77);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", group.n2.others().getFirst().port())
            .usePlaintext()
            .build();
    try {
      PeerServiceGrpc.newBlockingStub(channel)
          .hello(
              HelloRequest.newBuilder()
                  .setCluster(ByteString.copyFromUtf8(TestNode.CLUSTER))
                  .setNode(asker.node())
                  .setLife(asker.life())
                  .setProtocolMin(Introduction.PROTOCOL_MIN)
                  .setProtocolMax(Introduction.PROTOCOL_MAX)
                  .build());
      PeerServiceGrpc.PeerServiceBlockingStub n1 =
          PeerServiceGrpc.newBlockingStub(channel)
              .withInterceptors(CallIdentity.naming(asker))
              .withDeadlineAfter(30, TimeUnit.SECONDS);
      long lacked = last.checkpoint().value() - 2;
      List<CheckpointRun> lacking =
          List.of(CheckpointRun.newBuilder().setFirst(lacked).setLast(lacked).build());
      TractListPart list =
          n1.fetchList(
                  FetchListRequest.newBuilder()
                      .setImage(last.image().value())
                      .setCheckpoint(last.checkpoint().value())
                      .build())
              .next();
      assertEquals(2, list.getTractCount());
      for (TractSummary tract : list.getTractList()) {
        assertFalse(tract.getHere());
        assertEquals(lacking, tract.getMissingList());
      }
      FetchTractRequest plain =
          FetchTractRequest.newBuilder()
              .setImage(last.image().value())
              .setCheckpoint(last.checkpoint().value())
              .build();
      TractPart refused = n1.fetchTract(plain).next();
      assertEquals(Reason.REASON_NOT_HERE, refused.getRefusal().getReason());
      assertEquals(0, refused.getPageInTractCount());
      TractPart part = n1.fetchTract(plain.toBuilder().setOrPart(true).build()).next();
      assertFalse(part.hasRefusal());
      assertEquals(lacking, part.getMissingList());
      assertEquals(2_048, part.getPageInTractCount());
    } finally {
      channel.shutdownNow();
    }
  }
}
