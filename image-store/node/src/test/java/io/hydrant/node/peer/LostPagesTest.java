package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentInspection;
import io.hydrant.engine.store.Scrubber;
import io.hydrant.node.damage.CopyWitnesses;
import io.hydrant.node.damage.DamageRounds;
import io.hydrant.node.replication.Proposals;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pages that rot on every replica: real stores, real gRPC, a log that never fails. */
@Timeout(120)
final class LostPagesTest {
  @TempDir private Path directory;
  private TestGroup group;
  private CheckpointKey second;
  private Set<String> needed = Set.of("n1", "n2", "n3");
  private long nanos;
  private DamageRounds rounds;

  @BeforeEach
  void make() throws Exception {
    group = new TestGroup(directory);
    group.start(TestNode.patient());
    List<TestNode> all = List.of(group.n1, group.n2, group.n3);
    // The other pages are zero.
    group.writeAt(all, 1, LongStream.range(0, 256).map(i -> i % 128 + i / 128 * 2_048).toArray());
    second = group.writeAt(all, 2, 5, 6);
    awaitHeldByAll();
    rounds = newRounds();
  }

  private DamageRounds newRounds() {
    return new DamageRounds(
        group.n1.plane().self(),
        group.n1.store().copies(),
        group.n1.plane().witnesses(() -> needed),
        new Log(),
        () -> nanos);
  }

  @AfterEach
  void end() throws Exception {
    group.close();
  }

  /** The group's log, of which n1 says that it leads it. */
  private final class Log implements Proposals {
    @Override
    public CompletableFuture<Outcome> propose(Command command, RequestId request) {
      try {
        return CompletableFuture.completedFuture(group.log.apply(command));
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    @Override
    public CompletableFuture<Long> current() {
      return CompletableFuture.completedFuture(0L);
    }

    @Override
    public boolean leads() {
      return true;
    }
  }

  private void awaitHeldByAll() {
    for (TestNode node : group.nodes.values()) {
      TestGroup.await(
          node + " has all", () -> node.store().holdMark() == node.store().applied().index());
    }
  }

  private StoredVersion version(int page) {
    return new StoredVersion(new TractKey(group.image, 0, 0), second.checkpoint(), page);
  }

  /** Turns a bit of pages of the second checkpoint over, on the disk of one node. */
  private void rot(TestNode node, Integer... pages) throws Exception {
    Path segment =
        directory.resolve(node.toString()).resolve("segments").resolve("segment-0000000001.hyd");
    List<Long> places = new ArrayList<>();
    SegmentInspection.open(segment)
        .scan(item -> {
          if (item instanceof SegmentInspection.Sound sound
              && sound.record() instanceof LogRecord.Patch patch
              && patch.key().equals(second)) {
            long payload = sound.offset() + sound.recordBytes() - 8 - patch.payloadBytes();
            for (int row = 0; row < patch.table().size(); row++) {
              if (List.of(pages).contains(patch.table().pageInTract(row))) {
                places.add(payload + patch.table().offset(row) + 1_000);
              }
            }
          }
        });
    assertEquals(pages.length, places.size());
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (long place : places) {
        ByteBuffer one = ByteBuffer.allocate(1);
        file.read(one, place);
        one.put(0, (byte) (one.get(0) ^ 4));
        file.write(one.flip(), place);
      }
    }
  }

  private static void scrub(TestNode node) throws Exception {
    Scrubber scrubber = node.store().scrubber();
    scrubber.begin();
    while (!scrubber.step(1 << 20).ended()) {
      // It counts its bytes; here nobody waits for others.
    }
  }

  /** As many steps as settle everything that is bad, several times over. */
  private void rounds() throws Exception {
    for (int i = 0; i < 20; i++) {
      nanos += TimeUnit.SECONDS.toNanos(10);
      rounds.step();
    }
  }

  /** On a busy machine a member may be heard of too late for a while. */
  private void awaitMarked() {
    TestGroup.await(
        "it is marked",
        () -> {
          try {
            rounds();
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          return !marked().isEmpty();
        });
    assertEquals(1, marked().size());
  }

  /** Until these answer, each in its present life. */
  private void awaitAnswers(TestNode... nodes) {
    CopyWitnesses witnesses = group.n1.plane().witnesses(() -> needed);
    Set<PeerLife> lives = new HashSet<>();
    for (TestNode node : nodes) {
      lives.add(node.plane().self());
    }
    TestGroup.await(
        "all answer",
        () ->
            witnesses.lives().containsAll(lives)
                && witnesses.ask(List.of(), Optional.empty()).stream()
                    .map(CopyWitnesses.Told::peer)
                    .toList()
                    .containsAll(lives));
  }

  private DamagedPages marked() {
    return group.n1.catalog().image(group.image).orElseThrow().damaged();
  }

  private Outcome open(CheckpointKind kind, Optional<CheckpointId> base) throws IOException {
    return group.log.apply(
        new Command.Open(
            group.image,
            group.epoch,
            kind,
            base,
            base.isPresent() ? Optional.empty() : Optional.of(group.regions)));
  }

  @Test
  void whatRottedEverywhereIsMarkedOnceEveryVoterHasSaidSo() throws Exception {
    rot(group.n1, 5, 6);
    rot(group.n2, 5);
    rot(group.n3, 5);
    scrub(group.n1);
    awaitAnswers(group.n2, group.n3);
    group.n3.stop();
    rounds();
    assertTrue(marked().isEmpty(), "n3 may have the last good copy");

    group.n3.start(TestNode.patient());
    awaitAnswers(group.n2, group.n3);
    awaitMarked();
    assertTrue(marked().has(0, 0, 5, second.checkpoint().value()));

    assertEquals(
        Rejection.SEND_FULL,
        assertInstanceOf(
                Outcome.Rejected.class,
                open(CheckpointKind.INCREMENTAL, Optional.of(second.checkpoint())))
            .reason());
    assertInstanceOf(Outcome.Opened.class, open(CheckpointKind.FULL, Optional.empty()));
    awaitHeldByAll(); // page 6 was repaired, and 5 is waited for by nobody
    assertEquals(Answer.GOOD, group.n1.store().copies().answer(version(6)));
    assertEquals(Answer.UNKNOWN, group.n1.store().copies().answer(version(5)));
  }

  @Test
  void whoeverWasDeclaredDeadIsNotWaitedFor() throws Exception {
    rot(group.n1, 5);
    rot(group.n2, 5);
    awaitAnswers(group.n2, group.n3);
    group.n3.stop(); // before n1 knows of it, and would fetch it from there
    scrub(group.n1);
    needed = Set.of("n1", "n2");
    awaitMarked();
  }

  @Test
  void whatOneHasGoodIsNotMarked() throws Exception {
    rot(group.n1, 5);
    rot(group.n2, 5);
    awaitAnswers(group.n2, group.n3);
    assertEquals(Answer.NONE, group.n1.store().copies().answer(version(5)));
    scrub(group.n2);
    assertEquals(Answer.GOOD, group.n3.store().copies().answer(version(5)));
    rounds();
    assertTrue(marked().isEmpty());
    awaitHeldByAll();
  }

  /** What is bad at a follower is marked though the leader has not come across its own copy. */
  @Test
  void whatAFollowerFoundIsAskedFor() throws Exception {
    for (TestNode node : group.nodes.values()) {
      rot(node, 5);
    }
    scrub(group.n3);
    awaitAnswers(group.n2, group.n3);
    awaitMarked();
  }

  /** n1 lacks the checkpoint, and so has no row of the page that could be bad. */
  @Test
  void whatTheLeaderLacksIsMarkedAsWell() throws Exception {
    group.n1.stop();
    second = group.writeAt(List.of(group.n2, group.n3), 3, 8, 9);
    rot(group.n2, 8);
    rot(group.n3, 8);
    scrub(group.n2);
    StoredVersion lost = new StoredVersion(version(8).tract(), second.checkpoint(), 8);
    StoredVersion phantom = new StoredVersion(version(5).tract(), second.checkpoint(), 5);
    assertEquals(Answer.NONE, group.n1.store().copies().answer(lost), "it lacks the checkpoint");
    assertEquals(
        Answer.UNKNOWN, group.n2.store().copies().answer(phantom), "it needs another version");
    group.n1.start(TestNode.patient());
    group.n1.plane().leadershipChanged(true);
    rounds = newRounds();
    awaitAnswers(group.n2, group.n3);
    awaitMarked();
    awaitHeldByAll();
  }
}
