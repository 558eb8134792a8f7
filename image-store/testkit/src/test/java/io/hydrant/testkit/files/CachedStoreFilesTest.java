package io.hydrant.testkit.files;

import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.files.StoreFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Real files whose whole pages go through the page cache too. */
final class CachedStoreFilesTest implements StoreFilesContract {
  @TempDir Path directory;
  private StoreFiles files = new JdkStoreFiles(Path.of(""));

  @BeforeEach
  void open() {
    files = new JdkStoreFiles(directory, false);
  }

  @Override
  public StoreFiles files() {
    return files;
  }
}
