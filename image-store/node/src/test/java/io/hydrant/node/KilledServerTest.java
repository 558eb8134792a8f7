package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import io.hydrant.v1.WriteCheckpointResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is killed while a stream of checkpoints comes in keeps what it acknowledged. */
final class KilledServerTest {
  private static final int PAGES = 64;

  @TempDir Path directory;

  @Test
  void acknowledgedCheckpointsSurviveAKill() throws Exception {
    long seed = Long.getLong("hydrant.seed", System.nanoTime());
    String repeat = "repeat with -Dtest=KilledServerTest -Dhydrant.seed=" + seed;
    ServerProcess server = ServerProcess.start(directory);
    NodeClient client = new NodeClient(server.port());
    TestImage image = client.image("vm", PAGES);
    client.writeFull(image, 0);
    WriteStream stream = new WriteStream(client.channel());
    int killAfter = 3 + new Random(seed).nextInt(10);
    int attempts = 30;
    CommitCheckpoint[] commits = new CommitCheckpoint[attempts + 1];
    long[] ids = new long[attempts + 1];
    stream.openOn(1, image, head(client, image));
    for (int attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) {
        stream.openOnAttempt(attempt, image, attempt - 1L);
      }
      Draft draft = new Draft(PAGES);
      stream.batch(attempt, draft.raw(attempt, attempt % PAGES, PAGES - 1));
      commits[attempt] = draft.commit();
      stream.commit(attempt, commits[attempt]);
    }
    int acknowledged = 0;
    while (acknowledged < killAfter) {
      WriteCheckpointResponse answer = stream.next();
      if (answer.hasOpened()) {
        ids[(int) answer.getAttempt()] = answer.getOpened().getCheckpoint();
      } else {
        assertEquals(++acknowledged, answer.getAttempt(), repeat);
      }
    }
    server.kill();
    client.close();

    ServerProcess again = ServerProcess.start(directory);
    try (NodeClient after = new NodeClient(again.port())) {
      long head = head(after, image);
      assertTrue(head >= ids[acknowledged], repeat);
      for (int attempt = 1; attempt <= attempts && ids[attempt] != 0; attempt++) {
        SettleResponse settled =
            after
                .checkpoints()
                .settle(
                    SettleRequest.newBuilder()
                        .setImageUid(image.uid())
                        .setEpoch(image.epoch())
                        .setCheckpoint(ids[attempt])
                        .setCommit(commits[attempt])
                        .build());
        if (attempt <= acknowledged) {
          assertTrue(
              List.of(
                      CheckpointState.CHECKPOINT_STATE_COMMITTED,
                      CheckpointState.CHECKPOINT_STATE_RETIRED)
                  .contains(settled.getState()),
              repeat);
        }
        if (settled.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED) {
          head = Math.max(head, ids[attempt]);
          assertContent(after, image, ids[attempt], attempt, repeat);
        }
      }
      assertEquals(head, head(after, image), repeat);
    } finally {
      again.kill();
    }
  }

  private static void assertContent(
      NodeClient client, TestImage image, long id, int attempt, String repeat)
      throws InterruptedException {
    FetchRequest.Builder request =
        FetchRequest.newBuilder()
            .setToken(client.openRestore(image, id).getToken())
            .setReadClass(ReadClass.READ_CLASS_BACKGROUND);
    for (long page = 0; page < PAGES; page++) {
      request.addPage(page);
    }
    byte[] data = client.fetch(request.build()).getPages().getData().toByteArray();
    for (int page = 0; page < PAGES; page++) {
      int writer = page == PAGES - 1 ? attempt : page <= attempt ? page : 0;
      byte[] expected = Draft.content(writer, page);
      for (int i = 0; i < Draft.PAGE_BYTES; i++) {
        assertEquals(
            expected[i],
            data[page * Draft.PAGE_BYTES + i],
            () -> "checkpoint %d; %s".formatted(id, repeat));
      }
    }
  }

  private static long head(NodeClient client, TestImage image) {
    return client
        .images()
        .getImage(GetImageRequest.newBuilder().setImage(NodeClient.ref(image)).build())
        .getHead();
  }
}
