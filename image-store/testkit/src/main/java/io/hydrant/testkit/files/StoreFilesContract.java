package io.hydrant.testkit.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every implementation of {@link StoreFiles} does as long as nothing fails. */
public interface StoreFilesContract {
  /** An empty directory; the same one for the whole of a test. */
  StoreFiles files() throws IOException;

  @Test
  default void namesAreListedInOrder() throws IOException {
    files().create("b").close();
    files().create("c").close();
    files().create("a").close();
    files().delete("c");
    files().syncDirectory();
    assertEquals(List.of("a", "b"), files().list());
  }

  @Test
  default void creatingTwiceAndOpeningOrDeletingNothingAreNamedErrors() throws IOException {
    files().create("a").close();
    assertThrows(FileAlreadyExistsException.class, () -> files().create("a"));
    assertThrows(NoSuchFileException.class, () -> files().open("b"));
    assertThrows(NoSuchFileException.class, () -> files().delete("b"));
    assertThrows(NoSuchFileException.class, () -> files().rename("b", "c"));
    assertThrows(IllegalArgumentException.class, () -> files().create("x/y"));
    assertThrows(IllegalArgumentException.class, () -> files().open(".."));
    assertEquals(List.of("a"), files().list());
  }

  @Test
  default void whatIsWrittenIsReadWithAnyKindOfBuffer() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.write(3, ByteBuffer.wrap(bytes("xxheapxx"), 2, 4).asReadOnlyBuffer());
      file.write(7, ByteBuffer.allocateDirect(6).put(bytes("direct")).flip());
      file.sync();
      assertEquals(13, file.size());
      ByteBuffer heap = ByteBuffer.allocate(10);
      assertEquals(10, file.read(3, heap));
      assertArrayEquals(bytes("heapdirect"), heap.array());
      ByteBuffer direct = ByteBuffer.allocateDirect(20).position(1);
      assertEquals(13, file.read(0, direct), "to the end of the file");
      assertEquals(14, direct.position());
      assertEquals(0, direct.get(1), "before the first written byte are zeros");
      assertEquals(0, file.read(13, direct), "nothing behind the end");
      assertEquals(0, file.read(1000, direct));
    }
  }

  @Test
  default void wholePagesAreSeenByWhoeverReadTheOldOnes() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.allocate(4 * StoreFile.PAGE_BYTES);
      ByteBuffer all = ByteBuffer.allocate(4 * StoreFile.PAGE_BYTES);
      file.write(StoreFile.PAGE_BYTES - 2, ByteBuffer.wrap(bytes("before")));
      assertEquals(all.capacity(), file.read(0, all));
      file.writePages(StoreFile.PAGE_BYTES, pages(2, (byte) 'p'));
      file.write(2 * StoreFile.PAGE_BYTES + 1, ByteBuffer.wrap(bytes("after")));
      file.writePages(StoreFile.PAGE_BYTES, pages(1, (byte) 'q'));
      file.sync();
      assertEquals(all.capacity(), file.read(0, all.clear()));
      assertEquals('b', all.get(StoreFile.PAGE_BYTES - 2));
      assertEquals('q', all.get(StoreFile.PAGE_BYTES));
      assertEquals('q', all.get(2 * StoreFile.PAGE_BYTES - 1));
      assertEquals('p', all.get(2 * StoreFile.PAGE_BYTES));
      assertEquals('a', all.get(2 * StoreFile.PAGE_BYTES + 1));
      assertEquals('p', all.get(3 * StoreFile.PAGE_BYTES - 1));
      assertEquals(0, all.get(3 * StoreFile.PAGE_BYTES));
    }
  }

  @Test
  default void wholePagesGrowTheFile() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.writePages(StoreFile.PAGE_BYTES, pages(1, (byte) 'p'));
      file.sync();
      assertEquals(2 * StoreFile.PAGE_BYTES, file.size());
    }
  }

  @Test
  default void whatIsNoWholePageIsRefused() throws IOException {
    try (StoreFile file = files().create("a")) {
      assertThrows(
          IllegalArgumentException.class, () -> file.writePages(512, pages(1, (byte) 'p')));
      ByteBuffer part = pages(1, (byte) 'p').limit(512);
      assertThrows(IllegalArgumentException.class, () -> file.writePages(0, part));
      ByteBuffer onHeap = ByteBuffer.allocate(StoreFile.PAGE_BYTES);
      assertThrows(IllegalArgumentException.class, () -> file.writePages(0, onHeap));
      ByteBuffer askew = pages(2, (byte) 'p').slice(StoreFile.PAGE_BYTES / 2, StoreFile.PAGE_BYTES);
      assertThrows(IllegalArgumentException.class, () -> file.writePages(0, askew));
      assertEquals(0, file.size());
    }
  }

  /** Pages full of one byte, in aligned memory. */
  static ByteBuffer pages(int count, byte filling) {
    ByteBuffer pages =
        Arena.ofAuto()
            .allocate((long) count * StoreFile.PAGE_BYTES, StoreFile.PAGE_BYTES)
            .asByteBuffer();
    while (pages.hasRemaining()) {
      pages.put(filling);
    }
    return pages.flip();
  }

  @Test
  default void writesOverwriteAndGrowTheFile() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.write(0, ByteBuffer.wrap(new byte[3000]));
      file.write(2998, ByteBuffer.wrap(bytes("abcd")));
      file.write(510, ByteBuffer.wrap(bytes("sector")));
      assertEquals(3002, file.size());
      ByteBuffer read = ByteBuffer.allocate(6);
      file.read(510, read);
      assertArrayEquals(bytes("sector"), read.array());
    }
    try (StoreFile file = files().open("a")) {
      ByteBuffer read = ByteBuffer.allocate(4);
      file.read(2998, read);
      assertArrayEquals(bytes("abcd"), read.array());
    }
  }

  @Test
  default void allocatedBytesAreZerosAndNothingIsLostByAllocating() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.write(0, ByteBuffer.wrap(bytes("kept")));
      file.allocate(1 << 20);
      assertEquals(1 << 20, file.size());
      file.allocate(100);
      assertEquals(1 << 20, file.size(), "it never shrinks");
      ByteBuffer read = ByteBuffer.allocate(1 << 20);
      assertEquals(1 << 20, file.read(0, read));
      assertArrayEquals(bytes("kept"), Arrays.copyOf(read.array(), 4));
      for (int at = 4; at < 1 << 20; at++) {
        assertEquals(0, read.get(at));
      }
      file.sync();
    }
  }

  @Test
  default void truncatedBytesComeBackAsZeros() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.write(0, ByteBuffer.wrap(bytes("0123456789")));
      file.truncate(4);
      assertEquals(4, file.size());
      file.allocate(10);
      ByteBuffer read = ByteBuffer.allocate(10);
      file.read(0, read);
      assertArrayEquals(bytes("0123\0\0\0\0\0\0"), read.array());
    }
  }

  @Test
  default void renamingReplacesAndLeavesHandlesGood() throws IOException {
    try (StoreFile a = files().create("a");
        StoreFile b = files().create("b")) {
      a.write(0, ByteBuffer.wrap(bytes("aaaa")));
      b.write(0, ByteBuffer.wrap(bytes("bbbb")));
      files().rename("a", "b");
      files().syncDirectory();
      assertEquals(List.of("b"), files().list());
      a.write(4, ByteBuffer.wrap(bytes("++")));
      a.sync();
      ByteBuffer old = ByteBuffer.allocate(4);
      assertEquals(4, b.read(0, old), "the replaced file lives while it is open");
      assertArrayEquals(bytes("bbbb"), old.array());
    }
    try (StoreFile renamed = files().open("b")) {
      ByteBuffer read = ByteBuffer.allocate(10);
      assertEquals(6, renamed.read(0, read));
      assertArrayEquals(bytes("aaaa++"), Arrays.copyOf(read.array(), 6));
    }
  }

  @Test
  default void aDeletedFileLivesWhileItIsOpen() throws IOException {
    try (StoreFile file = files().create("a")) {
      file.write(0, ByteBuffer.wrap(bytes("still")));
      files().delete("a");
      assertEquals(List.of(), files().list());
      ByteBuffer read = ByteBuffer.allocate(5);
      assertEquals(5, file.read(0, read));
    }
  }

  @Test
  default void aClosedFileRefusesAndClosesAgain() throws IOException {
    StoreFile file = files().create("a");
    file.close();
    file.close();
    assertThrows(IOException.class, () -> file.read(0, ByteBuffer.allocate(1)));
    assertThrows(IOException.class, () -> file.write(0, ByteBuffer.allocate(1)));
    assertThrows(IOException.class, file::sync);
  }

  @Test
  default void pathsNameTheFileAndThereIsSpace() throws IOException {
    try (StoreFile file = files().create("a")) {
      assertTrue(file.path().endsWith("a"), file::path);
      assertEquals(file.path(), files().pathOf("a"));
      assertTrue(files().usableBytes() > 0);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
