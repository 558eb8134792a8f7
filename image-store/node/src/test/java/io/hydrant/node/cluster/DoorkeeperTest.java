package io.hydrant.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.v1.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class DoorkeeperTest {
  private static final StoreIdentity OURS =
      new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, 3));

  private final Map<String, MemberAddress> members =
      new HashMap<>(Map.of("n1", address("n1"), "n2", address("n2")));
  private final Doorkeeper keeper =
      new Doorkeeper(hello("n1", 1), node -> Optional.ofNullable(members.get(node)));

  private static MemberAddress address(String node) {
    return new MemberAddress(node, node + ":1", node + ":2", node + ":3");
  }

  private static HelloRequest hello(String node, long life) {
    return Introduction.of(Introduction.blank(address(node), life, "1"), OURS);
  }

  private void assertRefused(Reason reason, String said, HelloRequest other) {
    Refusal refusal = keeper.refusal(other).orElseThrow();
    assertEquals(reason, refusal.getReason());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }

  @Test
  void aMemberIsLetIn() {
    assertEquals(Optional.empty(), keeper.refusal(hello("n2", 7)));
    assertEquals(List.of(), keeper.suspects(hello("n2", 7)));
  }

  @Test
  void strangersAreRefusedWithTheReason() {
    HelloRequest blank = Introduction.blank(address("n2"), 7, "1");
    assertRefused(Reason.REASON_NOT_INITIALISED, "blank", blank);
    assertRefused(
        Reason.REASON_WRONG_CLUSTER,
        "another cluster",
        Introduction.of(blank, new StoreIdentity(new UUID(9, 9), new UUID(2, 2), new UUID(3, 3))));
    assertRefused(
        Reason.REASON_WRONG_CLUSTER,
        "another group",
        Introduction.of(blank, new StoreIdentity(new UUID(1, 1), new UUID(9, 9), new UUID(3, 3))));
    assertRefused(Reason.REASON_WRONG_CLUSTER, "no member", hello("n9", 7));
    members.remove("n2");
    assertRefused(Reason.REASON_WRONG_CLUSTER, "removed", hello("n2", 7));
  }

  @Test
  void aVersionThatNobodySharesIsRefused() {
    HelloRequest newer =
        hello("n2", 7).toBuilder()
            .setProtocolMin(Introduction.PROTOCOL_MAX + 1)
            .setProtocolMax(Introduction.PROTOCOL_MAX + 2)
            .build();
    assertRefused(
        Reason.REASON_WRONG_CLUSTER,
        "%d..%d".formatted(Introduction.PROTOCOL_MAX + 1, Introduction.PROTOCOL_MAX + 2),
        newer);
    // One that still speaks ours is fine, however new it is.
    assertEquals(
        Optional.empty(),
        keeper.refusal(newer.toBuilder().setProtocolMin(Introduction.PROTOCOL_MAX).build()));
  }

  @Test
  void ourOwnNameInAnotherLifeIsACopy() {
    assertEquals(Optional.empty(), keeper.refusal(hello("n1", 1)));
    assertRefused(Reason.REASON_NAME_TAKEN, "is a copy", hello("n1", 2));
  }

  @Test
  void anotherLifeIsACopyOnlyWhileTheEarlierOneAnswers() {
    keeper.admit(hello("n2", 7));
    assertEquals(List.of(), keeper.suspects(hello("n2", 7)), "the same life");
    HelloRequest next = hello("n2", 8);
    assertEquals(List.of("n2:2"), keeper.suspects(next));
    // A restart: at the old place it is itself that answers, or a blank one, or another node.
    assertEquals(Optional.empty(), keeper.refusal(next, next));
    assertEquals(Optional.empty(), keeper.refusal(next, Introduction.blank(address("n2"), 7, "1")));
    assertEquals(Optional.empty(), keeper.refusal(next, hello("n3", 7)));
    assertEquals(
        Reason.REASON_NAME_TAKEN, keeper.refusal(next, hello("n2", 7)).orElseThrow().getReason());
    keeper.admit(next);
    assertEquals(List.of(), keeper.suspects(next));
  }

  @Test
  void oneThatIsNotWhereTheLogHasItIsSuspected() {
    HelloRequest moved = hello("n2", 7).toBuilder().setPeerAddress("elsewhere:2").build();
    assertEquals(List.of("n2:2"), keeper.suspects(moved));
  }
}
