package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.HealthState;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.InitResponse;
import io.hydrant.v1.MemberState;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ServerInfo;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real processes that become one group, lose members and get them back. */
final class GroupOfThreeTest {
  private static final ByteString TOKEN = ByteString.copyFromUtf8("0123456789abcdef");
  private static final ByteString OTHER_TOKEN = ByteString.copyFromUtf8("fedcba9876543210");

  @TempDir Path directory;

  @Test
  void becomesAGroupAndGoesOnWithoutOneOfThem() throws Exception {
    try (GroupOfThree group = new GroupOfThree(directory)) {
      group.startAll(0, 1);
      assertEquals("", group.info(0).getClusterId());
      Failures.assertRefused(
          Reason.REASON_NOT_INITIALISED,
          Status.Code.FAILED_PRECONDITION,
          () -> create(group, 0, "early"));

      // One is missing: nothing is made, but nothing is lost either.
      Failures.assertRefused(
          Reason.REASON_NO_MAJORITY, Status.Code.UNAVAILABLE, () -> group.init(0, TOKEN));
      group.start(2);
      InitResponse made = group.init(0, TOKEN);
      assertEquals(GroupOfThree.NODES, made.getMembersCount());
      GroupOfThree.await("all to serve", () -> serving(group, 0, 1, 2));
      assertEquals(made, group.init(1, TOKEN), "a repeat is answered alike, by anybody");
      Failures.assertRefused(
          Reason.REASON_WRONG_CLUSTER,
          Status.Code.FAILED_PRECONDITION,
          () -> group.init(0, OTHER_TOKEN));

      int leader = group.awaitLeader(0, 1, 2);
      int follower = (leader + 1) % GroupOfThree.NODES;
      create(group, leader, "one");
      assertReplicated(group, leader, 0, 1, 2);
      assertTrue(has(group, leader, "one"));
      assertRefusedWithHint(group, follower, leader);
      GroupOfThree.await(
          "good health",
          () -> group.status(leader).getHealth().getState() == HealthState.HEALTH_STATE_OK);

      long term = group.info(leader).getTerm();
      group.kill(leader);
      int third = (leader + 2) % GroupOfThree.NODES;
      int next = group.awaitLeader(follower, third);
      assertNotEquals(leader, next);
      assertTrue(group.info(next).getTerm() > term);
      create(group, next, "two");
      GroupOfThree.await(
          "the loss to be told",
          () ->
              group.status(next).getHealth().getReasonsList().stream()
                  .anyMatch(reason -> reason.contains("2 of 3") && reason.contains("silent")));

      group.start(leader);
      int last = group.awaitLeader(0, 1, 2);
      assertReplicated(group, last, 0, 1, 2);
      assertTrue(has(group, last, "one") && has(group, last, "two"));
      GroupOfThree.await(
          "good health again",
          () -> group.status(leader).getHealth().getState() == HealthState.HEALTH_STATE_OK);
      assertRefusesACopy(group, follower);
    }
  }

  @Test
  void anInitialisationThatWasCutOffIsFinished() throws Exception {
    try (GroupOfThree group = new GroupOfThree(directory)) {
      group.startAll(0, 1, 2);
      InitResponse made = group.init(0, TOKEN);
      GroupOfThree.await("all to serve", () -> serving(group, 0, 1, 2));
      // As if it had been killed after its promise, before it was told to keep it.
      group.kill(2);
      Path promised = group.directory(2);
      Files.move(promised.resolve("identity"), promised.resolve("promise"));
      for (String part : List.of("raft", "index", "segments", "catalog")) {
        delete(promised.resolve(part));
      }
      Files.delete(promised.resolve("scrub"));
      group.start(2);
      assertEquals("", group.info(2).getClusterId());
      assertEquals(made, group.init(0, TOKEN));
      GroupOfThree.await("the third to serve", () -> serving(group, 2));
      int leader = group.awaitLeader(0, 1, 2);
      create(group, leader, "one");
      assertReplicated(group, leader, 0, 1, 2);
      assertTrue(has(group, leader, "one"));

      // One that was emptied is another node: it cannot be made the old one again.
      group.kill(2);
      delete(group.directory(2));
      group.start(2);
      Failures.assertRefused(
          Reason.REASON_WRONG_CLUSTER, Status.Code.FAILED_PRECONDITION, () -> group.init(0, TOKEN));
      assertEquals("", group.info(2).getClusterId());
    }
  }

  private static boolean serving(GroupOfThree group, int... nodes) {
    for (int node : nodes) {
      if (group.info(node).getClusterId().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private static void create(GroupOfThree group, int node, String name) {
    group
        .client(node)
        .images()
        .createImage(
            CreateImageRequest.newBuilder()
                .setName(name)
                .setRequestId(ByteString.copyFromUtf8((name + "0123456789abcdef").substring(0, 16)))
                .build());
  }

  /** What the leader has applied, each of them has. */
  private static void assertReplicated(GroupOfThree group, int leader, int... nodes)
      throws InterruptedException {
    long applied = applied(group, leader);
    for (int node : nodes) {
      GroupOfThree.await(
          "entry " + applied + " on node " + node, () -> applied(group, node) >= applied);
    }
  }

  private static long applied(GroupOfThree group, int node) {
    return group.status(node).getMembersList().stream()
        .filter(member -> member.getMember().getPublicAddress().equals(group.publicAddress(node)))
        .findFirst()
        .orElseThrow()
        .getAppliedIndex();
  }

  private static boolean has(GroupOfThree group, int leader, String name) {
    GetImageRequest request =
        GetImageRequest.newBuilder().setImage(ImageRef.newBuilder().setName(name)).build();
    return group.client(leader).images().getImage(request).getName().equals(name);
  }

  private static void assertRefusedWithHint(GroupOfThree group, int follower, int leader) {
    StatusRuntimeException refused =
        assertThrows(StatusRuntimeException.class, () -> create(group, follower, "refused"));
    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
    Metadata trailers = Objects.requireNonNull(refused.getTrailers());
    assertEquals("REASON_NO_LEADER", trailers.get(ApiErrors.REASON_KEY));
    assertEquals(group.publicAddress(leader), trailers.get(ApiErrors.LEADER_KEY));
    ServerInfo info = group.info(follower);
    assertFalse(info.getLeader());
    assertEquals(GroupOfThree.NODES, info.getMembersCount());
    String leads =
        group.status(follower).getMembersList().stream()
            .map(MemberState::getMember)
            .filter(member -> member.getNode().equals(info.getLeaderId()))
            .findFirst()
            .orElseThrow()
            .getPublicAddress();
    assertEquals(group.publicAddress(leader), leads);
  }

  /** Started elsewhere, under a member's name, while that one runs. */
  private void assertRefusesACopy(GroupOfThree group, int original) throws Exception {
    Path copied = directory.resolve("copy");
    copy(group.directory(original), copied);
    int[] ports = GroupOfThree.freePorts(3);
    Map<String, String> settings = group.settings(original);
    settings.put("data.directory", copied.toString());
    settings.put("listen.address", "127.0.0.1:" + ports[0]);
    settings.put("cluster.peer-address", "127.0.0.1:" + ports[1]);
    settings.put("cluster.raft-address", "127.0.0.1:" + ports[2]);
    IOException refused =
        assertThrows(
            IOException.class,
            () -> {
              ServerProcess.start(settings).kill();
            });
    assertTrue(String.valueOf(refused.getMessage()).contains("is a copy"), refused.getMessage());
    assertFalse(group.info(original).getMembersList().isEmpty(), "the original goes on");
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(each).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(each, to.resolve(from.relativize(each).toString()));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void delete(Path root) throws IOException {
    try (var all = Files.walk(root)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
