package io.hydrant.cli.restore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetFileTest {
  private static final String SHA256_OF_ZERO_BYTES_4096 =
      "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7";

  @TempDir Path directory;

  @Test
  void appearsOnlyWhenCommitted() throws IOException {
    Path target = directory.resolve("memory.raw");
    try (TargetFile file = TargetFile.create(target, 8192)) {
      file.write(4096, ByteBuffer.wrap("page".getBytes(StandardCharsets.UTF_8)));
      assertTrue(Files.notExists(target));
      file.commit(false);
    }
    byte[] expected = new byte[8192];
    System.arraycopy("page".getBytes(StandardCharsets.UTF_8), 0, expected, 4096, 4);
    assertArrayEquals(expected, Files.readAllBytes(target));
    assertEquals(List.of("memory.raw"), names());
  }

  @Test
  void withoutCommitNothingStays() throws IOException {
    try (TargetFile file = TargetFile.create(directory.resolve("memory.raw"), 4096)) {
      file.write(0, ByteBuffer.allocate(4096));
    }
    assertEquals(List.of(), names());
  }

  @Test
  void whatAppearedMeanwhileIsLeftAlone() throws IOException {
    Path target = directory.resolve("memory.raw");
    try (TargetFile file = TargetFile.create(target, 4096)) {
      Files.writeString(target, "mine");
      assertThrows(FileAlreadyExistsException.class, () -> file.commit(false));
    }
    assertEquals("mine", Files.readString(target));
    assertEquals(List.of("memory.raw"), names());
  }

  @Test
  void filesThatBelongTogetherGetTheirNamesTogether() throws IOException {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    try (TargetFile one = TargetFile.create(first, 4096);
        TargetFile two = TargetFile.create(second, 4096)) {
      Files.writeString(second, "mine");
      assertThrows(
          FileAlreadyExistsException.class, () -> TargetFile.commitAll(List.of(one, two), false));
      assertEquals(List.of("second"), names().stream().filter(n -> !n.startsWith(".")).toList());
      TargetFile.commitAll(List.of(one, two), true);
    }
    assertEquals(List.of("first", "second"), names());
  }

  @Test
  void overwritesWhenTold() throws IOException {
    Path target = Files.writeString(directory.resolve("memory.raw"), "old");
    try (TargetFile file = TargetFile.create(target, 4096)) {
      assertEquals(SHA256_OF_ZERO_BYTES_4096, file.sha256());
      file.commit(true);
    }
    assertArrayEquals(new byte[4096], Files.readAllBytes(target));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }
}
