package io.hydrant.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.peer.v1.HelloRequest;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MemberNewsTest {
  private static final Lacking LACKS = new Lacking(4_096, 1, Map.of());

  private long millis;
  private final MemberNews news =
      new MemberNews(() -> millis * 1_000_000, () -> Instant.ofEpochMilli(1_000_000 + millis));

  private static InventoryView said(long life, long applied, long held, Lacking lacking, long at) {
    return new InventoryView(
        new PeerLife("n2", life),
        applied,
        held,
        lacking,
        at,
        new InventoryView.Space(0, false),
        RepairProgress.NONE);
  }

  private boolean isBehind() {
    return news.last("n2").orElseThrow().isBehind();
  }

  @Test
  void whatIsOnItsWayIsNoTrouble() {
    // A steady stream: at every look the newest checkpoint is not durable yet.
    for (int i = 1; i <= 40; i++) {
      millis += 250;
      news.heard(said(1, 10 * i, 10 * i - 1, LACKS, 0));
      assertFalse(isBehind() && i > 1, "at " + i);
    }
    // From now on one of them stays away.
    for (int i = 1; i <= 20; i++) {
      millis += 250;
      news.heard(said(1, 400 + 10 * i, 400, LACKS, 0));
    }
    assertTrue(isBehind());
    news.heard(said(1, 600, 600, Lacking.NOTHING, 0));
    assertFalse(isBehind());
  }

  @Test
  void oneThatComesBackWithHolesIsBehindAtOnce() {
    news.heard(said(1, 400, 100, LACKS, 0));
    assertTrue(isBehind());
  }

  @Test
  void whatWasSaidInAnotherLifeIsVoid() {
    news.heard(said(1, 400, 400, Lacking.NOTHING, 0));
    news.refused("n2", "a copy", false);
    assertTrue(news.refusal("n2").isPresent());
    news.greeted(HelloRequest.newBuilder().setNode("n2").setLife(1).setVersion("7").build());
    assertTrue(news.last("n2").isPresent());
    assertTrue(news.refusal("n2").isEmpty());
    assertEquals("7", news.version("n2"));
    news.greeted(HelloRequest.newBuilder().setNode("n2").setLife(2).build());
    assertTrue(news.last("n2").isEmpty());
  }

  @Test
  void whoIsSilentIsNotSeen() {
    news.heard(said(1, 1, 1, Lacking.NOTHING, 0));
    millis = 2_000;
    assertEquals(Set.of("n2"), news.seen().keySet());
    millis = 2_001;
    assertTrue(news.seen().isEmpty());
  }

  @Test
  void theClockIsTakenInTheMiddleOfTheWay() {
    millis = 100;
    news.answered(said(1, 1, 1, Lacking.NOTHING, 1_007_090), 80_000_000);
    assertEquals(7_000, news.last("n2").orElseThrow().clockAheadMillis());
    // It stood in a queue for minutes.
    millis = 200_000;
    news.answered(said(1, 1, 1, Lacking.NOTHING, 1_000_100), 0);
    assertEquals(7_000, news.last("n2").orElseThrow().clockAheadMillis());
  }
}
