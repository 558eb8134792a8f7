package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ReplaceStage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member is lost for ever, and a blank node takes its place (PROTOCOL R17). */
@Timeout(100)
final class ReplacementTest {
  private static final int PAGES = 128;

  @TempDir private Path directory;

  /** A protector that never rests; what was acknowledged to it. */
  private static final class Load implements AutoCloseable {
    private final AtomicBoolean ended = new AtomicBoolean();
    private final List<Throwable> failures = new ArrayList<>();
    private final Thread thread;
    private volatile long last;
    private volatile long lastSeed;

    Load(LocalNodes nodes, TestImage image, int... among) {
      thread =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (long seed = 1; !ended.get(); seed++) {
                    last = nodes.write(image, seed, among);
                    lastSeed = seed;
                  }
                } catch (InterruptedException | RuntimeException | AssertionError e) {
                  failures.add(e);
                }
              });
    }

    long end() throws InterruptedException {
      ended.set(true);
      thread.join();
      assertEquals(List.of(), failures);
      assertTrue(last > 0, "nothing was written");
      return last;
    }

    @Override
    public void close() throws InterruptedException {
      ended.set(true);
      thread.join();
    }
  }

  private static void assertHas(
      LocalNodes nodes, int leader, int node, TestImage image, long checkpoint, long seed)
      throws InterruptedException {
    OpenRestoreResponse session = nodes.client(leader).openRestore(image, checkpoint);
    nodes.client(node).awaitDrawn(session, seed);
  }

  private static int other(int one, int another) {
    return 3 - one - another;
  }

  @Test
  void aWipedMemberIsReplacedWhileCommitsRun() throws Exception {
    try (LocalNodes nodes = new LocalNodes(directory, 5)) {
      nodes.found(0, 1, 2);
      int leader = nodes.awaitLeader(0, 1, 2);
      int dead = (leader + 1) % 3;
      int third = other(leader, dead);
      TestImage quiet = nodes.client(leader).image("quiet", PAGES);
      long early = nodes.write(quiet, 77, leader);
      TestImage busy = nodes.client(leader).image("busy", PAGES);
      String name = nodes.name(dead);
      long acknowledged;
      long seed;
      try (Load load = new Load(nodes, busy, leader, third)) {
        nodes.stop(dead);
        nodes.start(3, 4);
        GroupOfThree.await(
            "it to be replaced",
            () -> nodes.replace(leader, name, 3).getStage() == ReplaceStage.REPLACE_STAGE_DONE);
        assertEquals(
            Set.of(nodes.publicAddress(leader), nodes.publicAddress(third), nodes.publicAddress(3)),
            nodes.voters(leader));
        // A repeat finds it done; another one is a new replacement.
        assertEquals(ReplaceStage.REPLACE_STAGE_DONE, nodes.replace(leader, name, 3).getStage());
        Failures.assertRefused(
            Reason.REASON_INVALID,
            Status.Code.INVALID_ARGUMENT,
            () -> nodes.replace(leader, name, 4));
        acknowledged = load.end();
        seed = load.lastSeed;
      }
      // The second loss at once: whatever was acknowledged is with the two that are left.
      nodes.stop(third);
      assertHas(nodes, leader, 3, quiet, early, 77);
      assertHas(nodes, leader, 3, busy, acknowledged, seed);
      assertTrue(nodes.write(quiet, 78, leader, 3) > early, "with the new one's vote");

      IOException refused = assertThrows(IOException.class, () -> nodes.start(dead));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("it was removed"), refused.getMessage());
    }
  }

  @Test
  void goesOnWhereverTheLeaderIsLost() throws Exception {
    try (LocalNodes nodes = new LocalNodes(directory, 4)) {
      nodes.found(0, 1, 2);
      int leader = nodes.awaitLeader(0, 1, 2);
      int dead = (leader + 1) % 3;
      int third = other(leader, dead);
      TestImage image = nodes.client(leader).image("vm", PAGES);
      long early = nodes.write(image, 5, leader);
      String name = nodes.name(dead);
      nodes.wipe(dead);
      nodes.start(3);
      Set<ReplaceStage> lostIn = EnumSet.noneOf(ReplaceStage.class);
      ReplaceStage stage = ReplaceStage.REPLACE_STAGE_UNSPECIFIED;
      while (stage != ReplaceStage.REPLACE_STAGE_DONE) {
        int asked = nodes.awaitLeader(leader, third);
        try {
          ReplaceMemberResponse answer = nodes.replace(asked, name, 3);
          stage = answer.getStage();
        } catch (StatusRuntimeException e) {
          continue; // It has lost the leadership just now.
        }
        if (stage != ReplaceStage.REPLACE_STAGE_DONE && lostIn.add(stage)) {
          nodes.stop(asked);
          nodes.start(asked);
        }
      }
      assertFalse(lostIn.isEmpty());
      int last = nodes.awaitLeader(leader, third, 3);
      assertHas(nodes, last, 3, image, early, 5);
      assertEquals(3, nodes.voters(last).size());
      assertEquals(List.of(), nodes.faults(3));
    }
  }

  @Test
  void aGroupOfOneThatWasRecoveredBecomesThree() throws Exception {
    try (LocalNodes nodes = new LocalNodes(directory, 5)) {
      nodes.found(0, 1, 2);
      int leader = nodes.awaitLeader(0, 1, 2);
      TestImage image = nodes.client(leader).image("vm", PAGES);
      long early = nodes.write(image, 5, leader);
      int lost = (leader + 1) % 3;
      nodes.stop(lost);
      nodes.stop(other(leader, lost));
      nodes.stop(leader);
      try (Recovery recovery = Recovery.open(nodes.config(leader))) {
        Losses losses = recovery.examine();
        assertEquals(List.of(), losses.images().getFirst().missing());
        recovery.recover(losses);
      }
      nodes.start(leader);
      nodes.awaitLeader(leader);
      nodes.start(3, 4);
      for (int added : new int[] {3, 4}) {
        GroupOfThree.await(
            "one more",
            () ->
                nodes.replace(nodes.leads(leader, 3, 4), "", added).getStage()
                    == ReplaceStage.REPLACE_STAGE_DONE);
      }
      assertEquals(3, nodes.voters(leader).size());
      int last = nodes.awaitLeader(leader, 3, 4);
      assertHas(nodes, last, 3, image, early, 5);
      assertHas(nodes, last, 4, image, early, 5);
      IOException refused = assertThrows(IOException.class, () -> nodes.start(lost));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("before it was recovered"),
          refused.getMessage());
    }
  }
}
