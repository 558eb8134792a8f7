package io.hydrant.bench.bare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.WriteCheckpointRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BareServerTest {
  private static final int MIB = 1 << 20;
  private static final int FILE_BYTES = 8 * MIB;

  @TempDir Path directory;

  private final PagePool pool = new PagePool(9, 2_048);

  private record Pair(BareServer server, BareClient client) implements AutoCloseable {
    @Override
    public void close() throws Exception {
      client.close();
      server.close();
    }
  }

  private Pair start(BareSettings.Executor executor) throws IOException {
    Path file = directory.resolve("recycled");
    BareServer server = new BareServer(new BareSettings(0, file, FILE_BYTES, executor));
    return new Pair(server, new BareClient(server.port(), executor));
  }

  @ParameterizedTest
  @EnumSource
  void everyMethodAnswers(BareSettings.Executor executor) throws Exception {
    try (Pair pair = start(executor)) {
      everyMethodAnswers(pair.client());
    }
  }

  private void everyMethodAnswers(BareClient client) throws Exception {
    assertTrue(client.answers());
    try (EchoStream echo = client.echoStream()) {
      for (int i = 0; i < 50; i++) {
        assertTrue(echo.roundTrip(BareClient.echoMessage(4096)) > 0);
      }
    }
    List<WriteCheckpointRequest> batches = PageMessages.batches(PageSet.run(pool, 0, 1_024));
    assertTrue(client.discard(batches, 20) > 0);
    assertTrue(client.sink(batches, 20) > 0);
    try (CheckpointStream stream = client.checkpointStream()) {
      for (int i = 0; i < 3; i++) {
        assertTrue(stream.write(batches, PageMessages.commit(batches)) > 0);
      }
    }
    assertTrue(client.stream(4_096) > 0);
    List<FetchRequest> requests =
        IntStream.range(0, 10)
            .mapToObj(id ->
                FetchRequest.newBuilder()
                    .setId(id)
                    .addAllPage(LongStream.range(id, id + 32).boxed().toList())
                    .build())
            .toList();
    assertTrue(client.fetch(requests, 200, 16) > 0);
    assertTrue(client.fetch(requests, 5, 16) > 0);
  }

  @Test
  void theSinkHasWrittenEveryPageWhenItAnswers() throws Exception {
    try (Pair pair = start(BareSettings.Executor.POOL)) {
      theSinkHasWrittenEveryPageWhenItAnswers(pair.client());
    }
  }

  private void theSinkHasWrittenEveryPageWhenItAnswers(BareClient client) throws Exception {
    List<WriteCheckpointRequest> batches = PageMessages.batches(PageSet.run(pool, 0, 1_536));
    client.sink(batches, batches.size());
    byte[] written = Files.readAllBytes(directory.resolve("recycled"));
    assertEquals(FILE_BYTES, written.length);
    byte[] sent = new byte[6 * MIB];
    pool.run(0, 1_536).get(sent);
    assertArrayEquals(sent, Arrays.copyOf(written, sent.length));
    // Two MiB are left: the third message of the next round starts over.
    client.sink(batches, 3);
    written = Files.readAllBytes(directory.resolve("recycled"));
    assertArrayEquals(Arrays.copyOfRange(sent, 2 * MIB, 3 * MIB), Arrays.copyOf(written, MIB));
    assertArrayEquals(Arrays.copyOf(sent, 2 * MIB), Arrays.copyOfRange(written, 6 * MIB, 8 * MIB));
  }

  @Test
  void aServerThatIsGoneIsAnErrorAndNoHang() throws Exception {
    try (Pair pair = start(BareSettings.Executor.DIRECT)) {
      assertTrue(pair.client().answers());
      pair.server().close();
      assertFalse(pair.client().answers());
    }
  }

  @Test
  void theRecycledFileIsWrittenToItsEndBeforehand() throws Exception {
    Path path = directory.resolve("another");
    try (RecycledFile file = RecycledFile.open(path, 3 * MIB + 5)) {
      assertEquals(3 * MIB + 5, Files.size(path));
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      file.sync();
      ByteBuffer read = ByteBuffer.allocate(3);
      assertEquals(3, file.read(read, 0));
      assertArrayEquals(new byte[] {1, 2, 3}, read.array());
    }
  }
}
