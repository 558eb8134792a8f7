package io.hydrant.pager;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.Deadlines;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.Regions;
import io.hydrant.client.WriteOptions;
import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** A machine of one region that a real server protects: three checkpoints, and zeros at its end. */
public final class ProtectedVm implements AutoCloseable {
  public static final int PAGES = 6_000;
  public static final int WRITTEN = 4_000;

  private static final Deadlines QUICK =
      new Deadlines(
          Duration.ofSeconds(3),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          Duration.ofSeconds(3));

  private final HydrantNode node;
  private final HydrantClient client;
  private final ImageRef image;
  private final byte[][] content = new byte[PAGES][];

  public ProtectedVm(Path directory) throws Exception {
    node =
        HydrantNode.start(
            NodeConfig.load(
                Optional.empty(),
                Map.of(),
                Map.of("data.directory", directory.toString(), "listen.address", "127.0.0.1:0")));
    client =
        HydrantClient.connect(ClientConfig.of("127.0.0.1:" + node.port()).withDeadlines(QUICK));
    Image created = client.createImage("vm", 16);
    image = HydrantClient.uid(created.getUid());
    var acquired = client.acquireProtection(image, created.getEpoch());
    try (ProtectionStream stream = client.protect(acquired, WriteOptions.DEFAULT)) {
      long bytes = (long) PAGES * Regions.PAGE_BYTES;
      long head = write(stream.openFull(List.of(Regions.memory("ram", bytes))), 0, WRITTEN, 1);
      head = write(stream.openIncremental(head), 100, 110, 2);
      write(stream.openIncremental(head), 3_000, 3_005, 3);
    }
  }

  private long write(CheckpointWriter writer, int first, int end, int seed) throws Exception {
    try (writer) {
      for (int page = first; page < end; page++) {
        byte[] bytes = new byte[Regions.PAGE_BYTES];
        new SplittableRandom(seed * 10_000L + page).nextBytes(bytes);
        content[page] = bytes;
        writer.page(0, page, bytes);
      }
      if (seed == 1) {
        writer.zero(0, end, PAGES - end);
      }
      writer.slim(new byte[] {7, 7, 7});
      return writer.commit().get(20, TimeUnit.SECONDS).id();
    }
  }

  public HydrantClient client() {
    return client;
  }

  public ImageRef image() {
    return image;
  }

  /** What the newest checkpoint has. */
  public byte[] expected(int page) {
    return content[page] == null ? new byte[Regions.PAGE_BYTES] : content[page];
  }

  /** From now on no page can be had. */
  public void loseServer() throws Exception {
    node.close();
  }

  @Override
  public void close() throws Exception {
    client.close();
    node.close();
  }
}
