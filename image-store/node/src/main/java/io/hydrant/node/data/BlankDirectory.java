package io.hydrant.node.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The directory of a node that waits to be made part of a cluster. It has a name of its own, which
 * a blank directory never got before: a vote that was given under an older name does not come back
 * with it.
 *
 * <pre>
 * lock       held
 * promise    the identity it is to get, once it was promised; with it the name lasts
 * </pre>
 */
public final class BlankDirectory implements OpenedDirectory {
  private final Path root;
  private final DirectoryLock lock;
  private final String node;
  private Optional<NodeIdentity> promise;
  private boolean handedOn;

  private BlankDirectory(
      Path root, DirectoryLock lock, String node, Optional<NodeIdentity> promise) {
    this.root = root;
    this.lock = lock;
    this.node = node;
    this.promise = promise;
  }

  static BlankDirectory of(Path root, DirectoryLock lock, RandomGenerator random)
      throws IOException {
    Path file = root.resolve(DataDirectory.PROMISE);
    if (!Files.exists(file)) {
      return new BlankDirectory(root, lock, newNode(random), Optional.empty());
    }
    NodeIdentity promised = IdentityFile.read(file);
    return new BlankDirectory(root, lock, promised.node(), Optional.of(promised));
  }

  static String newNode(RandomGenerator random) {
    return "n" + HexFormat.of().toHexDigits(random.nextInt());
  }

  /** Its name; the same after a restart only if it was promised. */
  public String node() {
    return node;
  }

  /** What it was promised to, by this process or an earlier one. */
  public synchronized Optional<NodeIdentity> promise() {
    return promise;
  }

  /** Promises, durably; the last promise counts. */
  public synchronized void promise(NodeIdentity identity) throws IOException {
    if (!identity.node().equals(node) || identity.adoption().isEmpty()) {
      throw new IllegalArgumentException(node + " cannot become " + identity);
    }
    IdentityFile.write(root.resolve(DataDirectory.PROMISE), identity);
    promise = Optional.of(identity);
  }

  /** Becomes what was promised, durably. The lock goes on to the result. */
  public synchronized DataDirectory keepPromise() throws IOException {
    NodeIdentity identity =
        promise.orElseThrow(() -> new IllegalStateException("nothing was promised"));
    DataDirectory.make(root, identity);
    handedOn = true;
    Files.deleteIfExists(root.resolve(DataDirectory.PROMISE));
    return DataDirectory.known(root, lock);
  }

  @Override
  public synchronized void close() throws IOException {
    if (!handedOn) {
      lock.close();
    }
  }
}
