package io.hydrant.chaos.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestTest {
  private static final int PAGES = 64;

  private final List<Write> writes = new ArrayList<>();
  private final Guest guest = new Guest("vm", recording());

  private record Write(int page, ByteBuffer content) {}

  private Workload recording() {
    Workload inner = new SyntheticWorkload("test", PAGES, 10, Duration.ofMillis(1), 5);
    return new Workload() {
      @Override
      public String name() {
        return inner.name();
      }

      @Override
      public int pages() {
        return inner.pages();
      }

      @Override
      public Duration interval() {
        return inner.interval();
      }

      @Override
      public void run(Writer memory) throws IOException {
        inner.run((page, content) -> {
          writes.add(new Write(page, content));
          memory.write(page, content);
        });
      }
    };
  }

  private String restored(long attempt, byte[] slim) {
    RestoredMemory memory = new RestoredMemory(List.of(guest.region()));
    for (Write write : writes) {
      memory.found(0, write.page(), write.content().duplicate());
    }
    ByteBuffer stamp = ByteBuffer.allocate(Guest.PAGE_BYTES);
    stamp.put(("image vm attempt " + attempt).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    memory.found(0, 0, stamp.clear());
    return memory.name(slim);
  }

  @Test
  void aRestoredMemoryHasTheNameThatItsProtectorGaveIt() throws IOException {
    for (long attempt = 1; attempt < 60; attempt++) {
      Guest.State state = guest.run(attempt);
      assertEquals(state.content(), restored(attempt, state.slim()));
    }
  }

  @Test
  void noTwoCheckpointsHaveOneName() throws IOException {
    Guest.State one = guest.run(1);
    Guest.State other = guest.run(2);
    assertNotEquals(one.content(), other.content());
    assertNotEquals(restored(1, one.slim()), restored(1, other.slim()), "the slim state counts");
  }
}
