package io.hydrant.index.rocksdb;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** RocksDB's statuses as the engine's kinds of error, each with what to do. */
final class RocksDbErrors {
  private RocksDbErrors() {}

  static IOException of(Path directory, String doing, RocksDBException e) {
    Status status = e.getStatus();
    String text = status == null ? String.valueOf(e.getMessage()) : describe(status);
    IOException kind = kind(directory, doing, status, text);
    kind.initCause(e);
    return kind;
  }

  private static IOException kind(
      Path directory, String doing, @Nullable Status status, String text) {
    if (status != null && status.getSubCode() == Status.SubCode.NoSpace) {
      return new DiskFullException(
          "page index %s: no space while %s: free space on its device; the index goes on by itself within seconds"
              .formatted(directory, doing));
    }
    if (status != null && status.getCode() == Status.Code.Corruption) {
      return new CorruptionException(
          "page index " + directory,
          0,
          "tables as they were written",
          "'%s' while %s: stop this node, move the directory away and let the replica be rebuilt"
              .formatted(text, doing));
    }
    if (text.contains("lock")) {
      return new IOException(
          "page index %s is in use by another process: stop that one first (%s)"
              .formatted(directory, text));
    }
    return new IOException("page index %s: '%s' while %s".formatted(directory, text, doing));
  }

  private static String describe(Status status) {
    String state = status.getState();
    return status.getCodeString() + (state == null ? "" : ": " + state);
  }
}
