package io.hydrant.node;

import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.DigestReport;
import io.hydrant.engine.replica.DriftCheck;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.node.data.FenceFile;
import io.hydrant.node.peer.Digests;
import io.hydrant.node.replication.FailStop;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this replica does if it has drifted from its group (PROTOCOL R24). Page maps are compared
 * and fetched anew; a catalog cannot be, since all that it says may be wrong: the replica is
 * fenced, also after a restart, until it is replaced.
 */
final class DriftedReplica implements Digests {
  private static final Logger LOG = LoggerFactory.getLogger(DriftedReplica.class);

  private final ImageStore store;
  private final FenceFile file;
  private final FailStop failStop;
  private final Runnable onFence;

  private DriftedReplica(ImageStore store, FenceFile file, FailStop failStop, Runnable onFence) {
    this.store = store;
    this.file = file;
    this.failStop = failStop;
    this.onFence = onFence;
  }

  /**
   * Fences the store if it was fenced in an earlier life.
   *
   * @param onFence the replica must not lead; any thread; must not block
   */
  static DriftedReplica of(ImageStore store, FenceFile file, FailStop failStop, Runnable onFence)
      throws IOException {
    file.read()
        .ifPresent(reason -> {
          LOG.error("this replica is fenced: {}", reason);
          store.fence(reason);
        });
    return new DriftedReplica(store, file, failStop, onFence);
  }

  @Override
  public Optional<DigestReport> last() {
    return store.lastDigest();
  }

  @Override
  public void drifted(DriftCheck.Drift own, long index) {
    try {
      if (own.catalog()) {
        fence(index);
      } else {
        distrust(own.images(), index);
      }
    } catch (IOException e) {
      failStop.stop("this replica has drifted from its group, and could not be fenced", e);
    }
  }

  private void fence(long index) throws IOException {
    String reason =
        "its catalog differs from the others' as of entry %d: replace it with `hydrant cluster replace`"
            .formatted(index);
    store.fence(reason);
    LOG.error("this replica is fenced from now on: {}", reason);
    file.write(reason);
    onFence.run();
  }

  private void distrust(Set<ImageId> images, long index) throws IOException {
    LOG.error(
        "page maps of {} images differ from the others' as of entry {}: nothing of them is served before it is compared or fetched",
        images.size(),
        index);
    store.distrust(images);
  }
}
