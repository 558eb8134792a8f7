package io.hydrant.raftlog.ratis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Ratis' file of the term and the vote, {@code raft-meta}: Java properties. */
final class Terms {
  private static final String FILE = "raft-meta";

  private Terms() {}

  /** Whether this replica has ever taken part. */
  static boolean exist(Path current) {
    return Files.exists(current.resolve(FILE));
  }

  /**
   * Makes a new group begin above the terms of the one that its state is from, so that positions
   * never go back. A crash leaves all of it or nothing.
   */
  static void raise(Path directory, Path group, long term) throws IOException {
    Path current = group.resolve("current");
    if (exist(current)) {
      return; // an earlier start did, and may have voted since
    }
    Files.createDirectories(current);
    Path temporary = group.resolve(FILE + ".new");
    Files.writeString(temporary, "term=" + term + "\nvotedFor=\n", StandardCharsets.ISO_8859_1);
    LogDirectory.sync(temporary);
    Files.move(temporary, current.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    LogDirectory.sync(current);
    LogDirectory.sync(group);
    LogDirectory.sync(directory);
  }
}
