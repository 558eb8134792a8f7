package io.hydrant.client;

import static io.hydrant.client.RestoredImage.PAGES;
import static io.hydrant.client.RestoredImage.bytes;
import static io.hydrant.client.RestoredImage.outcome;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.v1.BeginRestorePart;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Session, slim state and first pages in one round trip, and what breaks on the way. */
final class RestoreBeginningTest {
  private static final int FIRST_PAGES = 100;

  private final FakeServer server = FakeServer.onLoopback();
  private final RestoredImage image = RestoredImage.open(server);
  private final TreeMap<Long, ByteBuffer> first = new TreeMap<>();

  @AfterEach
  void close() {
    image.close();
    server.close();
  }

  private BegunRestore begin(PageSink sink) throws IOException {
    return image
        .client()
        .beginRestore(
            HydrantClient.name("vm"),
            CheckpointChoice.of(0),
            Duration.ZERO,
            (long) FIRST_PAGES * Regions.PAGE_BYTES,
            _ -> sink);
  }

  private final PageSink keeping =
      new PageSink() {
        @Override
        public void found(int region, long firstPage, ByteBuffer content) {
          for (long page = firstPage; content.hasRemaining(); page++) {
            byte[] copy = new byte[Regions.PAGE_BYTES];
            content.get(copy);
            first.put(page, ByteBuffer.wrap(copy));
          }
        }

        @Override
        public void zero(int region, long firstPage, long pageCount) {}

        @Override
        public void notKept(int region, long firstPage, long pageCount) {}
      };

  private void breakAt(Function<BeginRestorePart, Boolean> part, int times) {
    AtomicInteger left = new AtomicInteger(times);
    server.faults.begun = sent -> part.apply(sent) && left.getAndDecrement() > 0 ? null : sent;
  }

  /** The one that {@link RestoredImage} has opened, and those of this test. */
  private int sessions() {
    return server.store.sessionCount() - 1;
  }

  @Test
  void allComesInOneRoundTrip() throws IOException {
    BegunRestore begun = begin(keeping);
    assertArrayEquals(RestoredImage.slim(), begun.slim());
    assertEquals(first.size(), begun.firstPages());
    for (long page = 0; page < PAGES; page++) {
      boolean wanted = page < FIRST_PAGES && outcome(0, page) == PageOutcome.FOUND;
      assertEquals(wanted ? bytes(0, page) : null, first.get(page), "page " + page);
    }
    assertEquals(1, sessions());
    begun.session().close();
    assertEquals(0, sessions());
  }

  @Test
  void whatBreaksBeforeTheSessionIsKnownIsRepeated() throws IOException {
    breakAt(BeginRestorePart::hasOpened, 3);
    BegunRestore begun = begin(keeping);
    assertArrayEquals(RestoredImage.slim(), begun.slim());
    assertEquals(1, sessions(), "by the same request id");
    begun.session().close();
  }

  /** A leader that lacks bytes, or is lost, costs no error: the rest is read in the session. */
  @Test
  void whatBreaksBehindItIsReadElsewhere() throws IOException {
    breakAt(part -> part.hasSlim() && part.getSlim().getOffset() > 0, 100);
    BegunRestore begun = begin(keeping);
    assertArrayEquals(RestoredImage.slim(), begun.slim());
    assertEquals(0, begun.firstPages());
    assertEquals(1, sessions());
    begun.session().close();
  }

  @Test
  void whatCannotBeUsedIsGivenBack() {
    PageSink full =
        new PageSink() {
          @Override
          public void found(int region, long firstPage, ByteBuffer content) throws IOException {
            throw new IOException("no room");
          }

          @Override
          public void zero(int region, long firstPage, long pageCount) {}

          @Override
          public void notKept(int region, long firstPage, long pageCount) {}
        };
    assertEquals("no room", assertThrows(IOException.class, () -> begin(full)).getMessage());
    assertEquals(0, sessions());
    server.faults.begun =
        part ->
            part.hasPages()
                ? part.toBuilder().setPages(RestoredImage.corrupt(part.getPages())).build()
                : part;
    assertThrows(DamagedPageException.class, () -> begin(keeping));
    assertEquals(0, sessions());
  }

  @Test
  void partsBeforeTheSessionAndASecondOneAreRefused() {
    server.faults.begun =
        part ->
            part.hasOpened()
                ? BeginRestorePart.newBuilder().setSlim(SlimPart.getDefaultInstance()).build()
                : part;
    assertThrows(ProtocolViolationException.class, () -> begin(keeping));
    BeginRestorePart[] opened = new BeginRestorePart[1];
    server.faults.begun =
        part -> {
          opened[0] = part.hasOpened() ? part : opened[0];
          return opened[0];
        };
    assertThrows(ProtocolViolationException.class, () -> begin(keeping));
  }
}
