package io.hydrant.client.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real trace that comes with the library. */
final class BundledTraceTest {
  @Test
  void everyCheckpointHashesAsRecorded() throws IOException {
    Trace trace = Trace.bundled("redis-window-16m");
    assertEquals(16, trace.checkpoints().size());
    MemoryImage memory = trace.emptyMemory();
    for (TraceEntry entry : trace.checkpoints()) {
      TraceCheckpoint checkpoint = trace.read(entry.number());
      assertEquals(entry.pageCount(), checkpoint.pages().length);
      assertEquals(entry.slimBytes(), checkpoint.slim().length);
      memory.apply(checkpoint);
      assertEquals(entry.sha256(), memory.sha256(), "checkpoint " + entry.number());
    }
  }

  @Test
  void aChangedByteIsFoundOut() throws IOException {
    Trace trace = Trace.bundled("redis-window-16m");
    MemoryImage memory = trace.emptyMemory();
    TraceCheckpoint full = trace.read(0);
    memory.apply(full);
    ByteBuffer page = ByteBuffer.allocate(Trace.PAGE_BYTES).put(full.page(0)).flip();
    page.put(17, (byte) (page.get(17) + 1));
    memory.put(full.pages()[0], page);
    assertNotEquals(full.sha256(), memory.sha256());
  }

  @Test
  void describesItself() throws IOException {
    Trace trace = Trace.bundled("redis-window-16m");
    assertEquals("redis", trace.workload());
    assertEquals(16 << 20, trace.memoryBytes());
    assertEquals(1000, trace.intervalMillis());
    assertEquals(3439, trace.checkpoints().get(1).atMillis());
    assertEquals(16.2, trace.checkpoints().get(1).pauseMillis());
    assertEquals(3, trace.faultRecordings().size());
    FaultRecording first = trace.faultRecordings().getFirst();
    assertEquals(5, first.checkpoint());
    assertEquals(8.0, first.seconds());
    assertEquals(2452, first.size());
    assertEquals(29002, first.micros()[0]);
    assertEquals(51, first.pages()[0]);
  }

  @Test
  void readsTheSameFromADirectory(@TempDir Path directory) throws IOException {
    for (String file : new String[] {"trace.json", "0000.zst"}) {
      try (var in = new TraceSource.Bundled("redis-window-16m").open(file)) {
        Files.copy(in, directory.resolve(file));
      }
    }
    Trace trace = Trace.open(directory);
    MemoryImage memory = trace.emptyMemory();
    memory.apply(trace.read(0));
    assertEquals(trace.checkpoints().getFirst().sha256(), memory.sha256());
    NoSuchFileException error = assertThrows(NoSuchFileException.class, () -> trace.read(1));
    String missing = String.valueOf(error.getMessage());
    assertTrue(missing.contains("0001.zst"), missing);
  }

  @Test
  void unknownNamesAreRefused(@TempDir Path directory) {
    assertThrows(NoSuchFileException.class, () -> Trace.bundled("no-such-trace"));
    assertThrows(IllegalArgumentException.class, () -> Trace.bundled("../../x"));
    assertThrows(NoSuchFileException.class, () -> Trace.open(directory));
  }
}
