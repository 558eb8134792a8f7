package io.hydrant.testkit.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
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

  /** Those on the heap are filled piece by piece. */
  @Test
  void largeBuffersAreFilledAndShortFilesTold() throws IOException {
    byte[] bytes = new byte[(1 << 20) + 77];
    new Random(3).nextBytes(bytes);
    try (StoreFile file = files.create("large")) {
      file.write(0, ByteBuffer.wrap(bytes));
      for (ByteBuffer target :
          List.of(
              ByteBuffer.allocate(bytes.length + 10),
              ByteBuffer.allocateDirect(bytes.length + 10))) {
        target.position(5).limit(bytes.length);
        assertEquals(bytes.length - 5, file.read(3, target));
        assertEquals(bytes.length, target.limit());
        assertEquals(ByteBuffer.wrap(bytes, 3, bytes.length - 5), target.flip().position(5));
        assertEquals(70, file.read(bytes.length - 70L, target.clear()), "no more is there");
        assertEquals(70, target.position());
        assertEquals(target.capacity(), target.limit());
      }
    }
  }

  @Test
  void wholePagesGoPastThePageCacheWhereTheFileSystemCan() throws IOException {
    assumeTrue(
        System.getProperty("os.name", "").equals("Linux")
            && List.of("ext4", "xfs", "btrfs").contains(Files.getFileStore(directory).type()),
        "skipped: only some file systems of Linux are known to write directly");
    try (StoreFile file = files.create("a")) {
      file.writePages(0, StoreFilesContract.pages(2, (byte) 'p'));
      assertTrue(hasDirectDescriptor("a"), "O_DIRECT");
    }
    StoreFiles cached = new JdkStoreFiles(directory, false);
    try (StoreFile file = cached.create("b")) {
      file.writePages(0, StoreFilesContract.pages(2, (byte) 'p'));
      assertFalse(hasDirectDescriptor("b"), "O_DIRECT though it was not wanted");
    }
  }

  /** Whether this process has the file open with O_DIRECT. */
  private boolean hasDirectDescriptor(String name) throws IOException {
    int direct = System.getProperty("os.arch", "").equals("aarch64") ? 0x10000 : 0x4000;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : all) {
        Path flags = Path.of("/proc/self/fdinfo").resolve(descriptor.getFileName());
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).equals(directory.toRealPath().resolve(name))
            && (flagsOf(flags) & direct) != 0) {
          return true;
        }
      }
    }
    return false;
  }

  private static int flagsOf(Path info) throws IOException {
    for (String line : Files.readAllLines(info)) {
      if (line.startsWith("flags:")) {
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
      }
    }
    throw new AssertionError(info + " has no flags");
  }

  @Test
  void anInterruptedThreadWritesWholePagesAcrossARename() throws IOException {
    try (StoreFile file = files.create("a")) {
      file.writePages(0, StoreFilesContract.pages(1, (byte) 'p'));
      Thread.currentThread().interrupt();
      files.rename("a", "b");
      file.writePages(StoreFile.PAGE_BYTES, StoreFilesContract.pages(1, (byte) 'q'));
      file.sync();
      ByteBuffer read = ByteBuffer.allocate(2 * StoreFile.PAGE_BYTES);
      assertEquals(read.capacity(), file.read(0, read));
      assertTrue(Thread.interrupted(), "the status is kept");
      assertEquals('p', read.get(StoreFile.PAGE_BYTES - 1));
      assertEquals('q', read.get(StoreFile.PAGE_BYTES));
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
