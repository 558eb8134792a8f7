package io.hydrant.bench.fanout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.v1.WriteCheckpointRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
