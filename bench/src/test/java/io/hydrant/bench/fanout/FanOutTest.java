package io.hydrant.bench.fanout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.process.FreePort;
import io.hydrant.v1.WriteCheckpointRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FanOutTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final PagePool pool = new PagePool(5, 2_048);

  @Test
  void everyReplicaHasEveryByteWhenACallEnds() throws Exception {
    List<WriteCheckpointRequest> batches = PageMessages.batches(PageSet.run(pool, 0, 1_536));
    try (FanOutServer one = server("one", List.of());
        FanOutServer two = server("two", List.of());
        FanOutServer leader = server("leader", List.of(one.port(), two.port()))) {
      ManagedChannel channel = FanOutServer.channel(leader.port());
      try {
        try (FanOutStream stream = new FanOutStream(channel)) {
          assertTrue(stream.write(batches, batches.size()) > 0);
        }
        byte[] sent = new byte[6 * MIB];
        pool.run(0, 1_536).get(sent);
        for (String file : List.of("one", "two", "leader")) {
          byte[] written = Files.readAllBytes(directory.resolve(file));
          assertArrayEquals(sent, Arrays.copyOf(written, sent.length), file);
        }
        try (FanOutStream stream = new FanOutStream(channel)) {
          for (int i = 0; i < 20; i++) {
            assertTrue(stream.write(batches, 1) > 0);
          }
        }
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void whatIsSentIsAnsweredInItsOrderWithoutAnyoneWaiting() throws Exception {
    // Small messages, as of pages all over an image: more of them than of large ones may be under
    // way.
    List<WriteCheckpointRequest> checkpoint = new ArrayList<>();
    for (int run = 0; run < 100; run++) {
      checkpoint.addAll(PageMessages.batches(PageSet.run(pool, 8L * run, 8)));
    }
    checkpoint.addAll(PageMessages.slim(new byte[3_000]));
    int bytes = 100 * 8 * PagePool.PAGE_BYTES + 3_000;
    try (FanOutServer one = server("one", List.of());
        FanOutServer two = server("two", List.of());
        FanOutServer leader = server("leader", List.of(one.port(), two.port()))) {
      ManagedChannel channel = FanOutServer.channel(leader.port());
      try (FanOutStream stream = new FanOutStream(channel)) {
        CompletableFuture<Long> first = stream.send(checkpoint);
        CompletableFuture<Long> second = stream.send(checkpoint);
        CompletableFuture<Long> nothing = stream.send(List.of());
        assertTrue(first.get() <= second.get());
        assertTrue(second.get() <= nothing.get());
        assertTrue(nothing.get() <= System.nanoTime());
      } finally {
        channel.shutdownNow();
      }
      byte[] written = Files.readAllBytes(directory.resolve("two"));
      byte[] content = new byte[bytes - 3_000];
      pool.run(0, 800).get(content);
      assertArrayEquals(content, Arrays.copyOf(written, content.length));
      assertArrayEquals(content, Arrays.copyOfRange(written, bytes, bytes + content.length));
    }
  }

  @Test
  void whatIsUnderWayFailsWithTheCall() throws Exception {
    List<WriteCheckpointRequest> batches = PageMessages.batches(PageSet.run(pool, 0, 1));
    try (FanOutServer leader = server("leader", List.of(FreePort.choose()))) {
      ManagedChannel channel = FanOutServer.channel(leader.port());
      try {
        // The other one is not there, so there is no majority of the two.
        CompletableFuture<Long> answered = new FanOutStream(channel).send(batches);
        assertThrows(ExecutionException.class, answered::get);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private FanOutServer server(String file, List<Integer> peers) throws Exception {
    return new FanOutServer(0, directory.resolve(file), 8 * MIB, peers);
  }

  @Test
  void aMajorityIsTheSecondOfThree() throws Exception {
    List<Long> told = new ArrayList<>();
    MajorityCount counts = new MajorityCount(3, told::add);
    counts.durable(0, 5);
    assertEquals(List.of(), told);
    counts.durable(1, 3);
    counts.durable(2, 4);
    counts.durable(1, 4);
    counts.durable(1, 9);
    assertEquals(List.of(3L, 4L, 5L), told);
    counts.awaitBehindAtMost(5, 9);
  }
}
