package io.hydrant.client;

import static io.hydrant.client.Protected.PAGE;
import static io.hydrant.client.Protected.await;
import static io.hydrant.client.Protected.page;

import com.google.protobuf.ByteString;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Region;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** A restore session on an image with every kind of page, and what it must read. */
record RestoredImage(FakeServer server, HydrantClient client, RestoreSession session)
    implements AutoCloseable {
  static final int PAGES = 1024;
  static final List<Region> REGIONS =
      List.of(Regions.memory("ram", (long) PAGES * PAGE), Regions.memory("rom", 16L * PAGE));

  static RestoredImage open(FakeServer server) {
    return open(server, server.config());
  }

  static RestoredImage open(FakeServer server, ClientConfig config) {
    try (Protected image = Protected.image(server, "vm");
        CheckpointWriter writer = image.stream().openFull(REGIONS)) {
      for (int region = 0; region < REGIONS.size(); region++) {
        for (long page = 0; page < Regions.pages(REGIONS.get(region)); page++) {
          switch (outcome(region, page)) {
            case FOUND -> writer.page(region, page, content(region, page));
            case ZERO -> writer.zero(region, page, 1);
            case NOT_KEPT -> writer.notKept(region, page, 1);
          }
        }
      }
      writer.slim(slim());
      await(writer.commit());
    }
    HydrantClient client = server.client(config);
    RestoreSession session =
        client.openRestore(HydrantClient.name("vm"), 0, Duration.ofSeconds(60));
    return new RestoredImage(server, client, session);
  }

  static byte[] slim() {
    byte[] slim = new byte[(2 << 20) + 77];
    for (int i = 0; i < slim.length; i++) {
      slim[i] = (byte) (i / 1000);
    }
    return slim;
  }

  static PageOutcome outcome(int region, long page) {
    return switch ((int) ((page / 3 + region) % 5)) {
      case 1 -> PageOutcome.ZERO;
      case 3 -> PageOutcome.NOT_KEPT;
      default -> PageOutcome.FOUND;
    };
  }

  /** Of a page that is found; by sixes, they compress or not. */
  static byte[] content(int region, long page) {
    byte[] content = page(1000L * region + page);
    if (page / 6 % 2 == 0) {
      Arrays.fill(content, 100, PAGE, (byte) page);
    }
    return content;
  }

  static PageRange range(int region, long first, long count) {
    return PageRange.newBuilder().setRegion(region).setFirstPage(first).setPageCount(count).build();
  }

  /** What a page reads as: content, or zeros. */
  static ByteBuffer bytes(int region, long page) {
    return outcome(region, page) == PageOutcome.FOUND
        ? ByteBuffer.wrap(content(region, page))
        : ByteBuffer.allocate(PAGE);
  }

  /** The pages with one bit of the last byte changed. */
  static Pages corrupt(Pages pages) {
    byte[] data = pages.getData().toByteArray();
    if (data.length > 0) {
      data[data.length - 1] ^= 4;
    }
    return pages.toBuilder().setData(ByteString.copyFrom(data)).build();
  }

  @Override
  public void close() {
    session.close();
    client.close();
  }
}
