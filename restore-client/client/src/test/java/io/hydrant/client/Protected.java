package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.Region;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An image under protection, and how tests wait for outcomes. */
record Protected(HydrantClient client, long uid, ProtectionStream stream) implements AutoCloseable {
  static final int PAGE = Regions.PAGE_BYTES;
  static final List<Region> SMALL =
      List.of(Regions.memory("ram", 64L * PAGE), Regions.memory("rom", 8L * PAGE));

  static Protected image(FakeServer server, String name) {
    return image(server.client(), name, WriteOptions.DEFAULT);
  }

  static Protected image(HydrantClient client, String name, WriteOptions options) {
    client.createImage(name, 0);
    AcquireProtectionResponse acquired = client.acquireProtection(HydrantClient.name(name), 0);
    return new Protected(client, acquired.getImageUid(), client.protect(acquired, options));
  }

  @Override
  public void close() {
    stream.close();
    client.close();
  }

  /** A full checkpoint of {@link #SMALL}: one page with content, all others zero. */
  CommittedCheckpoint full(int seed) {
    try (CheckpointWriter writer = stream.openFull(SMALL)) {
      writer.page(0, 0, page(seed));
      writer.zero(0, 1, 63);
      writer.zero(1, 0, 8);
      return await(writer.commit());
    }
  }

  /** Content that depends on the seed and does not compress. */
  static byte[] page(long seed) {
    byte[] page = new byte[PAGE];
    new Random(seed).nextBytes(page);
    return page;
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HydrantException failure) {
        throw failure;
      }
      throw new AssertionError(e);
    } catch (TimeoutException e) {
      throw new AssertionError("never completed", e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static String message(Throwable error) {
    return String.valueOf(error.getMessage());
  }

  static ByteString raw(FakeStore.Content content, int region, long page) {
    FakeStore.Stored stored = content.pages.get(new FakeStore.Key(region, page));
    return stored == null ? ByteString.EMPTY : stored.data();
  }
}
