package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.v1.ScrubRequest;
import io.hydrant.v1.ScrubServiceGrpc;
import io.hydrant.v1.ScrubStatus;
import io.hydrant.v1.StatsRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server verifies its disk when it is due, and when it is asked to. */
@Timeout(60)
final class NodeScrubTest {
  @TempDir private Path directory;

  private static ScrubStatus ask(NodeFixture fixture, boolean start) {
    Iterator<ScrubStatus> said =
        ScrubServiceGrpc.newBlockingStub(fixture.channel())
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .scrub(ScrubRequest.newBuilder().setStart(start).build());
    ScrubStatus last = said.next();
    while (said.hasNext()) {
      last = said.next();
    }
    return last;
  }

  private static long gauge(NodeFixture fixture, String name) {
    return fixture.server().stats(StatsRequest.getDefaultInstance()).getGaugesOrThrow(name);
  }

  @Test
  void whoeverAsksSeesItEnd() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      ScrubStatus before = ask(fixture, false);
      assertFalse(before.getRunning());
      assertEquals(0, before.getLastEndedMillis());
      assertTrue(before.getNextBeginsMillis() > System.currentTimeMillis());
      ScrubStatus after = ask(fixture, true);
      assertFalse(after.getRunning());
      assertTrue(after.getLastEndedMillis() > 0);
      assertEquals(0, after.getFindingsCount());
      assertEquals(after.getLastEndedMillis(), gauge(fixture, "scrub_last_ended_millis"));
    }
  }

  @Test
  void oneThatIsDueBeginsByItself() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      assertEquals(0, gauge(fixture, "scrub_last_ended_millis"));
    }
    Files.writeString(directory.resolve("scrub"), "began_millis=1\nended_millis=0\n");
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      while (gauge(fixture, "scrub_last_ended_millis") == 0) {
        Thread.sleep(20);
      }
    }
  }

  @Test
  void noneIsScheduledWhereItIsOff() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of("scrub.period", "0"))) {
      assertEquals(0, ask(fixture, false).getNextBeginsMillis());
      assertTrue(ask(fixture, true).getLastEndedMillis() > 0);
    }
  }
}
