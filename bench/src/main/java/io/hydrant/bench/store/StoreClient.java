package io.hydrant.bench.store;

import io.hydrant.client.ClientConfig;
import io.hydrant.client.EncodingPolicy;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.UnavailableException;
import io.hydrant.client.WriteOptions;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Space;
import io.hydrant.v1.StatsResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The client library as the scenarios use it: its defaults, except that pages are sent raw. */
public final class StoreClient implements AutoCloseable {
  private static final int STANDARD_RETENTION = 0;
  private static final int TRIES_MAX = 20;
  private static final long PAUSE_MILLIS = 200;

  /** Pages of the benchmarks cannot be compressed: trying would only measure zstd. */
  private static final WriteOptions RAW =
      new WriteOptions(EncodingPolicy.RAW, WriteOptions.DEFAULT.zeroPages());

  private final HydrantClient client;

  private StoreClient(HydrantClient client) {
    this.client = client;
  }

  public static StoreClient connect(StoreProcess store) {
    return connect(store.endpoint());
  }

  /** Of a group: knows all its members. */
  public static StoreClient connect(StoreGroup group) {
    return connect(group.endpoints());
  }

  private static StoreClient connect(String endpoints) {
    return new StoreClient(HydrantClient.connect(ClientConfig.of(endpoints)));
  }

  /** Creates an image of one region and takes its protection. */
  public StoreImage create(String name, long bytes) {
    client.createImage(name, STANDARD_RETENTION);
    return open(name, bytes);
  }

  /** As {@link #create(String, long)}, with a retention of its own. */
  public StoreImage create(String name, long bytes, int keepLast) {
    client.createImage(name, keepLast);
    return open(name, bytes);
  }

  /** Takes the protection of an image that is there. */
  public StoreImage open(String name, long bytes) {
    ImageRef image = HydrantClient.name(name);
    AcquireProtectionResponse acquired = client.takeOverProtection(image);
    ProtectionStream stream = client.protect(acquired, RAW);
    return new StoreImage(client, stream, bytes);
  }

  /**
   * Creates an image and takes its protection, for what {@link StoreImage} is not made for.
   *
   * @param compressible whether the library may try to compress
   */
  public ProtectionStream protect(String name, boolean compressible) {
    ImageRef image = HydrantClient.name(name);
    client.createImage(name, STANDARD_RETENTION);
    return client.protect(
        client.takeOverProtection(image), compressible ? WriteOptions.DEFAULT : RAW);
  }

  /** Writes one checkpoint. */
  @FunctionalInterface
  public interface CheckpointWrite {
    void to(StoreImage image) throws InterruptedException, ExecutionException;
  }

  /**
   * Writes a checkpoint, again where a leader was lost on the way: a machine that is busy with
   * other things takes long enough for that. What is unavailable was not committed, nor was what
   * was aborted, as a successor does with what it does not know the end of.
   *
   * @return the image, opened anew if that was needed
   */
  public StoreImage written(StoreImage image, String name, long bytes, CheckpointWrite write)
      throws InterruptedException, ExecutionException {
    StoreImage current = image;
    for (int tries = 1; ; tries++) {
      try {
        write.to(current);
        return current;
      } catch (UnavailableException e) {
        if (tries == TRIES_MAX) {
          throw e;
        }
      } catch (ExecutionException e) {
        if (tries == TRIES_MAX || !isNotCommitted(e.getCause())) {
          throw e;
        }
      }
      current.close();
      Thread.sleep(PAUSE_MILLIS);
      current = open(name, bytes);
    }
  }

  private static boolean isNotCommitted(@Nullable Throwable failure) {
    return failure instanceof UnavailableException
        || failure instanceof RejectedException rejected
            && rejected.reason() == Reason.REASON_ABORTED;
  }

  /** Deletes an image with all that is in it. */
  public void delete(String name) {
    client.deleteImage(HydrantClient.name(name), PinnedDelete.PINNED_DELETE_REFUSE);
  }

  /** A session on the newest checkpoint of an image. */
  public RestoreSession openRestore(String name) {
    return client.openRestore(HydrantClient.name(name));
  }

  /** A session on a certain checkpoint of an image. */
  public RestoreSession openRestore(String name, long checkpoint) {
    return client.openRestore(HydrantClient.name(name), checkpoint, Duration.ZERO);
  }

  /** The library itself, for what the scenarios' methods are not made for. */
  public HydrantClient library() {
    return client;
  }

  /** The committed checkpoints of an image that can be restored, ascending. */
  public List<Long> committed(String name) {
    return client.checkpoints(HydrantClient.name(name)).stream()
        .filter(checkpoint -> checkpoint.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
        .map(Checkpoint::getId)
        .toList();
  }

  /** Changes how many checkpoints of an image stay. */
  public void keepLast(String name, int count) {
    client.setRetention(HydrantClient.name(name), count);
  }

  public Space space() {
    return client.space();
  }

  public StatsResponse stats() {
    return client.stats();
  }

  @Override
  public void close() {
    client.close();
  }
}
