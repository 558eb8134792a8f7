package io.hydrant.testkit.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JdkStoreFilesTest implements StoreFilesContract {
  @TempDir Path directory;
  private StoreFiles files = new JdkStoreFiles(Path.of(""));

  @BeforeEach
  void open() {
    files = new JdkStoreFiles(directory);
  }

  @Override
  public StoreFiles files() {
    return files;
  }

  @Test
  void anInterruptedThreadReadsWritesAndSyncsAllTheSame() throws IOException {
    try (StoreFile file = files.create("a")) {
      Thread.currentThread().interrupt();
      file.write(0, ByteBuffer.wrap(new byte[] {1, 2, 3}));
      assertTrue(Thread.currentThread().isInterrupted());
      files.rename("a", "b");
      file.write(3, ByteBuffer.wrap(new byte[] {4}));
      file.sync();
      ByteBuffer read = ByteBuffer.allocate(4);
      assertEquals(4, file.read(0, read));
      assertTrue(Thread.interrupted(), "the status is kept");
      assertEquals(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), read.flip());
      assertEquals(4, file.size());
    } finally {
      boolean ignored = Thread.interrupted();
    }
  }

  @Test
  void aFileThatLostItsNameIsNotConfusedWithItsSuccessor() throws IOException {
    try (StoreFile old = files.create("a");
        StoreFile successor = files.create("b")) {
      files.rename("b", "a");
      successor.write(0, ByteBuffer.wrap(new byte[] {7}));
      Thread.currentThread().interrupt();
      assertThrows(IOException.class, () -> old.write(0, ByteBuffer.wrap(new byte[] {9})));
    } finally {
      boolean ignored = Thread.interrupted();
    }
    assertEquals(7, Files.readAllBytes(directory.resolve("a"))[0]);
  }

  @Test
  void allocatingReservesBlocks() throws Exception {
    Path stat = Path.of("/usr/bin/stat");
    assumeTrue(Files.isExecutable(stat), "needs stat, since Java does not tell a file's blocks");
    try (StoreFile file = files.create("a")) {
      file.allocate(8 << 20);
      file.sync();
      Process asked =
          new ProcessBuilder(stat.toString(), "-c", "%b", file.path())
              .redirectErrorStream(true)
              .start();
      String blocks = new String(asked.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertEquals(0, asked.waitFor(), blocks);
      assertTrue(Long.parseLong(blocks.strip()) * 512 >= 8 << 20, blocks);
    }
  }

  @Test
  void noSpaceLeftIsItsOwnError() throws IOException {
    Path devices = Path.of("/dev");
    assumeTrue(Files.isWritable(devices.resolve("full")), "needs the device that is always full");
    try (StoreFile file = new JdkStoreFiles(devices).open("full")) {
      assertThrows(DiskFullException.class, () -> file.write(0, ByteBuffer.allocate(1)));
    }
  }
}
