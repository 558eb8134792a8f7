package io.hydrant.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.node.data.BlankDirectory;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.v1.Reason;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of {@link WaitingNode}, transition by transition, with restarts between. */
final class WaitingNodeTest {
  private static final UUID TOKEN = new UUID(1, 2);
  private static final UUID OTHER = new UUID(3, 4);

  @TempDir Path root;

  private final Random random = new Random(1);

  private BlankDirectory open() throws Exception {
    return (BlankDirectory) DataDirectory.openToJoin(root, random);
  }

  private WaitingNode node(BlankDirectory directory) {
    return new WaitingNode(
        directory, Introduction.blank(address(directory.node()), 5, "1"), random);
  }

  private static MemberAddress address(String node) {
    return new MemberAddress(node, "a:1", "a:2", "a:3");
  }

  private static AdoptRequest request(
      WaitingNode node, UUID token, boolean commit, String... others) {
    AdoptRequest.Builder request =
        AdoptRequest.newBuilder()
            .setFrom(node.self())
            .setCluster(Introduction.bytes(new UUID(5, token.getLeastSignificantBits())))
            .setGroup(Introduction.bytes(new UUID(6, token.getLeastSignificantBits())))
            .setToken(Introduction.bytes(token))
            .setCommit(commit)
            .addMember(Introduction.message(address(node.self().getNode())));
    for (String other : others) {
      request.addMember(Introduction.message(address(other)));
    }
    return request.build();
  }

  private static void assertRefused(Reason reason, String said, AdoptResponse answer) {
    assertTrue(answer.hasRefusal(), "was accepted");
    assertEquals(reason, answer.getRefusal().getReason());
    assertTrue(answer.getRefusal().getMessage().contains(said), answer.getRefusal().getMessage());
  }

  private static void assertAccepted(AdoptResponse answer) {
    assertFalse(answer.hasRefusal(), answer.getRefusal().getMessage());
  }

  @Test
  void nothingIsKeptThatWasNotPromised() throws Exception {
    try (BlankDirectory directory = open()) {
      WaitingNode node = node(directory);
      assertRefused(
          Reason.REASON_NOT_INITIALISED, "begin anew", node.adopt(request(node, TOKEN, true)));
      assertAccepted(node.adopt(request(node, TOKEN, false)));
      assertRefused(
          Reason.REASON_NOT_INITIALISED,
          "begin anew",
          node.adopt(request(node, TOKEN, true, "n8")));
      assertFalse(node.adopted().isDone());
      assertTrue(node.self().getCluster().isEmpty());
    }
  }

  @Test
  void aPromiseBindsAlsoAfterARestart() throws Exception {
    String name;
    try (BlankDirectory directory = open()) {
      WaitingNode node = node(directory);
      name = directory.node();
      // The members may change until they are kept: one of the others may have been emptied.
      assertAccepted(node.adopt(request(node, TOKEN, false, "n8")));
      assertAccepted(node.adopt(request(node, TOKEN, false, "n9")));
    }
    try (BlankDirectory directory = open()) {
      WaitingNode node = node(directory);
      assertEquals(name, directory.node());
      assertRefused(
          Reason.REASON_NAME_TAKEN,
          "--token " + TOKEN,
          node.adopt(request(node, OTHER, false, "n9")));
      assertRefused(
          Reason.REASON_NOT_INITIALISED,
          "begin anew",
          node.adopt(request(node, TOKEN, true, "n8")));
      assertAccepted(node.adopt(request(node, TOKEN, true, "n9")));
      try (DataDirectory data = node.adopted().join()) {
        assertEquals(name, data.identity().node());
        // Repeats of either step are answered alike; nothing else is.
        assertAccepted(node.adopt(request(node, TOKEN, false, "n9")));
        assertAccepted(node.adopt(request(node, TOKEN, true, "n9")));
        assertRefused(
            Reason.REASON_WRONG_CLUSTER,
            "other members",
            node.adopt(request(node, TOKEN, false, "n8")));
        assertRefused(
            Reason.REASON_WRONG_CLUSTER, "already", node.adopt(request(node, OTHER, false, "n9")));
        assertFalse(node.self().getCluster().isEmpty());
      }
    }
  }

  @Test
  void whatIsNotForThisNodeIsRefused() throws Exception {
    try (BlankDirectory directory = open()) {
      WaitingNode node = node(directory);
      AdoptRequest good = request(node, TOKEN, false);
      assertRefused(
          Reason.REASON_INVALID,
          "not among the members",
          node.adopt(
              good.toBuilder()
                  .clearMember()
                  .addMember(Introduction.message(address("n9")))
                  .build()));
      assertRefused(
          Reason.REASON_INVALID, "16 bytes", node.adopt(good.toBuilder().clearToken().build()));
      assertRefused(
          Reason.REASON_INVALID,
          "upgrade",
          node.adopt(
              good.toBuilder()
                  .setFrom(node.self().toBuilder().setProtocolMin(7).setProtocolMax(9))
                  .build()));
      assertEquals(List.of(), directory.promise().stream().toList());
    }
  }
}
