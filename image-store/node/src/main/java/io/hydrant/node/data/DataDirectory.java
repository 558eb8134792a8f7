package io.hydrant.node.data;

import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The directory of one replica, locked for this process.
 *
 * <pre>
 * lock                   held while a server runs; holds its process id
 * identity               whose directory this is; written last when the directory is made
 * recovery               the next identity, while an operator's recovery is under way
 * PART/                  raft, index, segments, catalog: for the component of that name alone
 * PART/store-identity    the identity again
 * </pre>
 *
 * <p>Making a directory is atomic by the identity: the parts with theirs first, then the one at the
 * top. Without that one, only a directory without data may be (re)made. With it, every part must be
 * the one that was made with it: a part that was replaced, wiped or restored from elsewhere would
 * silently lack what the others count on (PROTOCOL R17). A group of one has nobody to learn from,
 * so the server refuses.
 */
public final class DataDirectory implements OpenedDirectory {
  /** The parts, by component. */
  public enum Part {
    RAFT("raft"),
    INDEX("index"),
    SEGMENTS("segments"),
    CATALOG("catalog");

    private final String directory;

    Part(String directory) {
      this.directory = directory;
    }
  }

  private static final String LOCK = "lock";
  private static final String IDENTITY = "identity";
  private static final String PART_IDENTITY = "store-identity";

  /** Of a directory that is blank otherwise. */
  static final String PROMISE = "promise";

  /** The identity that a recovery gives, from when it is decided until it is through. */
  private static final String RECOVERY = "recovery";

  /** A file system's own directory at its root. */
  private static final String LOST_AND_FOUND = "lost+found";

  private final Path root;
  private final NodeIdentity identity;
  private final DirectoryLock lock;

  private DataDirectory(Path root, NodeIdentity identity, DirectoryLock lock) {
    this.root = root;
    this.identity = identity;
    this.lock = lock;
  }

  /**
   * Opens the directory, making it if it is absent or empty, and locks it.
   *
   * @throws DataDirectoryException not a directory, not writable, in use, or not as it must be
   * @throws io.hydrant.engine.files.UnsupportedFormatException made by another version
   * @throws WrongIdentityException a part belongs to another directory
   */
  public static DataDirectory open(Path root, RandomGenerator random) throws IOException {
    DirectoryLock lock = lock(root);
    try {
      if (!Files.exists(root.resolve(IDENTITY))) {
        if (Files.exists(root.resolve(PROMISE))) {
          throw new DataDirectoryException(
              root
                  + " was promised to a cluster: start it with cluster.join=true, or empty it to"
                  + " begin a group of one");
        }
        refuseData(root);
        make(
            root,
            new NodeIdentity(
                new StoreIdentity(uuid(random), uuid(random), uuid(random)),
                BlankDirectory.newNode(random)));
      }
      return known(root, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * As {@link #open}, but one that is absent or empty waits for a cluster to take it in.
   *
   * @throws IOException as {@link #open}
   */
  public static OpenedDirectory openToJoin(Path root, RandomGenerator random) throws IOException {
    DirectoryLock lock = lock(root);
    try {
      if (Files.exists(root.resolve(IDENTITY))) {
        return known(root, lock);
      }
      refuseData(root);
      return BlankDirectory.of(root, lock, random);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Opens one that is there, for an operator's recovery; nothing is made.
   *
   * @throws DataDirectoryException it is in use, no data directory, or of a group of one
   * @throws IOException as {@link #open}
   */
  public static DataDirectory openToRecover(Path root) throws IOException {
    if (!Files.exists(root.resolve(IDENTITY))) {
      throw new DataDirectoryException(
          root + " is no data directory of a server (it has no file 'identity'): name another");
    }
    DirectoryLock lock = lock(root);
    try {
      DataDirectory data =
          Files.exists(root.resolve(RECOVERY))
              ? new DataDirectory(root, IdentityFile.read(root.resolve(RECOVERY)), lock)
              : known(root, lock);
      if (data.identity.adoption().isEmpty()) {
        throw new DataDirectoryException(
            root + " is of a group of one, which has no others to lose: just start it");
      }
      return data;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Whether a recovery was decided and is not through: it can only be finished. */
  public boolean isRecovering() {
    return Files.exists(root.resolve(RECOVERY));
  }

  /**
   * Decides on a recovery, durably: from now on no server starts here before {@link
   * #finishRecovery}.
   *
   * @param next the same node and files, in a new group
   */
  public void decideRecovery(NodeIdentity next) throws IOException {
    if (!next.store().equals(identity.store()) || next.group().equals(identity.group())) {
      throw new IllegalArgumentException(identity + " cannot become " + next);
    }
    IdentityFile.write(root.resolve(RECOVERY), next);
  }

  /** What was decided. */
  public NodeIdentity decidedRecovery() throws IOException {
    return IdentityFile.read(root.resolve(RECOVERY));
  }

  /**
   * Sets the old log aside and takes on what was decided; goes on where it was cut off.
   *
   * @param log directory of the old log, of which nothing is deleted
   * @return where the old log is kept
   */
  public Path finishRecovery(Path log) throws IOException {
    NodeIdentity next = decidedRecovery();
    Path aside = log.resolveSibling(log.getFileName() + ".before-" + next.group());
    if (!Files.exists(aside)) {
      Files.move(log, aside, StandardCopyOption.ATOMIC_MOVE);
      IdentityFile.syncDirectory(part(Part.RAFT));
    }
    make(root, next);
    Files.delete(root.resolve(RECOVERY));
    IdentityFile.syncDirectory(root);
    return aside;
  }

  private static DirectoryLock lock(Path root) throws IOException {
    makeWritable(root);
    return DirectoryLock.take(root.resolve(LOCK));
  }

  /** One that has an identity; the lock is the caller's until this returns. */
  static DataDirectory known(Path root, DirectoryLock lock) throws IOException {
    if (Files.exists(root.resolve(RECOVERY))) {
      throw new DataDirectoryException(
          "a recovery of %s was cut off: finish it with hydrant cluster recover --unsafe --data %s"
              .formatted(root, root));
    }
    NodeIdentity identity = IdentityFile.read(root.resolve(IDENTITY));
    for (Part part : Part.values()) {
      checkPart(root, part, identity);
    }
    return new DataDirectory(root, identity, lock);
  }

  public NodeIdentity identity() {
    return identity;
  }

  public Path root() {
    return root;
  }

  public Path part(Part part) {
    return root.resolve(part.directory);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private static void makeWritable(Path root) throws IOException {
    if (Files.exists(root) && !Files.isDirectory(root)) {
      throw new DataDirectoryException(
          root + " is a file: the data directory must be a directory; name another");
    }
    try {
      makeDurably(root);
    } catch (IOException e) {
      throw new DataDirectoryException(
          "data directory %s cannot be made (%s): make it yourself, or name another"
              .formatted(root, reason(e)),
          e);
    }
    if (!Files.isWritable(root)) {
      throw new DataDirectoryException(
          "data directory %s is not writable for user %s: change its owner or its mode"
              .formatted(root, System.getProperty("user.name")));
    }
  }

  /**
   * Makes a directory and what is missing above it; all of it is there after a power cut.
   *
   * @return directories that got a new entry, the uppermost last
   */
  static List<Path> makeDurably(Path root) throws IOException {
    List<Path> parents = new ArrayList<>();
    Path directory = root.toAbsolutePath();
    Path parent = directory.getParent();
    while (parent != null && !Files.exists(directory)) {
      parents.add(parent);
      directory = parent;
      parent = directory.getParent();
    }
    Files.createDirectories(root);
    for (Path changed : parents) {
      IdentityFile.syncDirectory(changed);
    }
    return parents;
  }

  static void make(Path root, NodeIdentity identity) throws IOException {
    for (Part part : Part.values()) {
      Files.createDirectories(root.resolve(part.directory));
      IdentityFile.write(root.resolve(part.directory).resolve(PART_IDENTITY), identity);
    }
    IdentityFile.syncDirectory(root);
    IdentityFile.write(root.resolve(IDENTITY), identity);
  }

  /** Without an identity nothing here may be anybody's data. */
  private static void refuseData(Path root) throws IOException {
    List<String> strangers = new ArrayList<>();
    try (Stream<Path> entries = Files.list(root)) {
      for (Path entry : entries.sorted().toList()) {
        if (!isRemnant(entry)) {
          strangers.add(entry.getFileName().toString());
        }
      }
    }
    if (!strangers.isEmpty()) {
      throw new DataDirectoryException(
          ("%s holds %s but no file 'identity': if it is a Hydrant directory, put its identity"
                  + " back; else name an empty directory")
              .formatted(root, String.join(", ", strangers)));
    }
  }

  /** What a making that was cut short leaves behind, or what does not count. */
  private static boolean isRemnant(Path entry) throws IOException {
    String name = entry.getFileName().toString();
    if (name.equals(LOCK)
        || name.equals(LOST_AND_FOUND)
        || name.equals(IDENTITY + ".new")
        || name.equals(PROMISE)
        || name.equals(PROMISE + ".new")) {
      return true;
    }
    for (Part part : Part.values()) {
      if (name.equals(part.directory)) {
        return Files.isDirectory(entry) && holdsNothing(entry);
      }
    }
    return false;
  }

  private static boolean holdsNothing(Path part) throws IOException {
    try (Stream<Path> entries = Files.list(part)) {
      return entries.allMatch(entry -> entry.getFileName().toString().startsWith(PART_IDENTITY));
    }
  }

  private static void checkPart(Path root, Part part, NodeIdentity identity) throws IOException {
    Path directory = root.resolve(part.directory);
    Path file = directory.resolve(PART_IDENTITY);
    if (!Files.exists(file)) {
      throw new DataDirectoryException(
          "%s is missing or was emptied (no %s in it), but %s says that this store was in use. "
                  .formatted(directory, PART_IDENTITY, root.resolve(IDENTITY))
              + cure(root, identity));
    }
    NodeIdentity found = IdentityFile.read(file);
    if (!found.equals(identity)) {
      throw new WrongIdentityException(
          file.toString(), "store", identity.store().store(), found.store().store());
    }
  }

  private static String cure(Path root, NodeIdentity identity) {
    return identity.adoption().isEmpty()
        ? "What is left is worth nothing without it, and a group of one has no peer to fetch it"
            + " from: put the directory back, or start anew in an empty one"
        : "Put the directory back; or, if it is lost, empty %s, start with cluster.join=true, and let"
                .formatted(root)
            + " the rest of the group take the node in anew: hydrant cluster replace "
            + identity.node();
  }

  private static UUID uuid(RandomGenerator random) {
    return new UUID(random.nextLong(), random.nextLong());
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }
}
