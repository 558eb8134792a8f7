package io.hydrant.index.rocksdb;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * Loads RocksDB's native library from a directory of ours. By itself RocksDB unpacks 17 MB into the
 * system's temporary directory at every start, and a process that is killed leaves them there.
 */
final class RocksDbLibrary {
  private RocksDbLibrary() {}

  /**
   * Loads the library, once a process; unpacks it if this version is not there yet.
   *
   * @param directory made if need be
   */
  static synchronized void load(Path directory) throws IOException {
    String name = Environment.getJniLibraryFileName("rocksdb");
    Files.createDirectories(directory);
    // RocksDB looks for a file of this odd name when it is told where to look.
    Path library = directory.resolve(Environment.getJniLibraryFileName("rocksdbjni"));
    URLConnection packed = resource(name);
    if (!Files.exists(library) || Files.size(library) != packed.getContentLengthLong()) {
      Path unpacking = Files.createTempFile(directory, name, ".unpacking");
      try (InputStream bytes = packed.getInputStream()) {
        Files.copy(bytes, unpacking, StandardCopyOption.REPLACE_EXISTING);
      }
      Files.move(unpacking, library, StandardCopyOption.ATOMIC_MOVE);
    }
    RocksDB.loadLibrary(List.of(directory.toString()));
  }

  private static URLConnection resource(String name) throws IOException {
    var url = RocksDB.class.getClassLoader().getResource(name);
    if (url == null) {
      throw new FileNotFoundException(
          "RocksDB has no library " + name + " for this platform: it cannot be used here");
    }
    return url.openConnection();
  }
}
