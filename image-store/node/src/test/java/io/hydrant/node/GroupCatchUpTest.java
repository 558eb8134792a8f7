package io.hydrant.node;

import com.google.protobuf.ByteString;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.ReadClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member of three real processes that was away for longer than the log reaches back. */
final class GroupCatchUpTest {
  private static final ByteString TOKEN = ByteString.copyFromUtf8("0123456789abcdef");
  private static final int PAGES = 1_024;
  private static final int PAGES_AT_ONCE = 256;

  /** The log is purged after a few dozen entries. */
  private static final Map<String, String> SHORT_LOG =
      Map.of(
          "cluster.election-timeout-millis", "1000",
          "cluster.log-kept-entries", "20",
          "cluster.log-segment-bytes", "16k",
          "storage.snapshot-entries", "100");

  @TempDir Path directory;

  @Test
  void getsTheStateOfAnotherWhereTheLogIsPurged() throws Exception {
    try (GroupOfThree group = new GroupOfThree(directory, SHORT_LOG)) {
      group.startAll(0, 1, 2);
      group.init(0, TOKEN);
      int leader = group.awaitLeader(0, 1, 2);
      int away = (leader + 1) % GroupOfThree.NODES;
      int other = (leader + 2) % GroupOfThree.NODES;
      TestImage image = group.client(leader).image("vm", PAGES);
      long before = write(group, image, 1, 0, 1, 2);
      GroupOfThree.await("it to be there", () -> hasEverything(group, leader, away));
      long applied = group.stat(away, "applied_index");
      group.kill(away);

      long meanwhile = write(group, image, 2, leader, other);
      purgeBehind(group, applied, leader, other);
      group.start(away);
      GroupOfThree.await(
          "the state to be installed",
          () ->
              group.stat(away, "applied_index") > applied
                  && group.stat(away, "applied_index") >= group.stat(other, "applied_index"));

      // Everything is compared or fetched: each retained checkpoint is served from there.
      GroupOfThree.await(
          "it to hold everything",
          () ->
              hasEverything(group, other, away)
                  && group.stat(away, "missing_checkpoint_count") == 0);
      assertServes(group, away, image, before, 1);
      assertServes(group, away, image, meanwhile, 2);

      // It takes part: without it there is no majority.
      group.kill(other);
      write(group, image, 3, leader, away);

      // The state that came is with the log beside it, after a kill.
      group.kill(away);
      group.start(away);
      write(group, image, 4, leader, away);
    }
  }

  /** Every page, from this node. */
  private static void assertServes(
      GroupOfThree group, int node, TestImage image, long checkpoint, long seed) throws Exception {
    OpenRestoreResponse session =
        group.client(group.awaitLeader(0, 1, 2)).openRestore(image, checkpoint);
    long[] next = {0};
    GroupOfThree.await(
        "all pages of checkpoint " + checkpoint,
        () -> {
          while (next[0] < image.pages()) {
            if (!serves(group, node, session, next[0], seed)) {
              return false; // behind: the session's entry is not applied there yet
            }
            next[0] += PAGES_AT_ONCE;
          }
          return true;
        });
  }

  private static boolean serves(
      GroupOfThree group, int node, OpenRestoreResponse session, long first, long seed) {
    FetchRequest.Builder request =
        FetchRequest.newBuilder()
            .setToken(session.getToken())
            .setReadClass(ReadClass.READ_CLASS_FAULT);
    ByteString expected = ByteString.EMPTY;
    for (long page = first; page < first + PAGES_AT_ONCE; page++) {
      request.addPage(page);
      expected = expected.concat(ByteString.copyFrom(Draft.content(seed, page)));
    }
    try {
      FetchResponse fetched = group.client(node).fetch(request.build());
      return fetched.hasPages() && fetched.getPages().getData().equals(expected);
    } catch (AssertionError e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A full checkpoint of pages that follow from the seed, by whoever of these leads. */
  private static long write(GroupOfThree group, TestImage image, long seed, int... nodes)
      throws Exception {
    long[] written = new long[1];
    GroupOfThree.await(
        "a checkpoint",
        () -> {
          try {
            written[0] = group.client(group.awaitLeader(nodes)).writeFull(image, seed);
            return true;
          } catch (AssertionError e) {
            return false; // the leader has changed
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    return written[0];
  }

  private static boolean hasEverything(GroupOfThree group, int leader, int node) {
    return group.stat(node, "hold_mark_index") >= group.stat(leader, "applied_index");
  }

  /** Writes small entries until these have purged the log at that place. */
  private static void purgeBehind(GroupOfThree group, long index, int... nodes) throws Exception {
    GroupOfThree.await(
        "the log to be purged",
        () -> {
          for (int i = 0; i < 50; i++) {
            group
                .client(leader(group, nodes))
                .images()
                .createImage(
                    CreateImageRequest.newBuilder().setName("image" + System.nanoTime()).build());
          }
          return IntStream.of(nodes)
              .allMatch(node -> firstLogIndex(group.directory(node)) > index + 1);
        });
  }

  private static int leader(GroupOfThree group, int... nodes) {
    return IntStream.of(nodes)
        .filter(node -> group.info(node).getLeader())
        .findFirst()
        .orElse(nodes[0]);
  }

  private static long firstLogIndex(Path node) {
    try (Stream<Path> files = Files.walk(node.resolve("raft"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("log_"))
          .mapToLong(name ->
              Long.parseLong(
                  name.startsWith("log_inprogress_")
                      ? name.substring("log_inprogress_".length())
                      : name.substring("log_".length(), name.indexOf('-'))))
          .min()
          .orElse(-1);
    } catch (IOException e) {
      return -1;
    }
  }
}
