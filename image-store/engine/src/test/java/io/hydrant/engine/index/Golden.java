package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Bytes of a format as a text file of hex lines; -Dhydrant.golden.write=true writes it anew. */
final class Golden {
  private static final Path DIRECTORY = Path.of("src/test/resources/golden/index");
  private static final int LINE_BYTES = 32;

  private Golden() {}

  static void check(String name, byte[] actual) throws IOException {
    Path file = DIRECTORY.resolve(name + ".hex");
    String text = format(actual);
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, text);
    }
    assertEquals(Files.readString(file), text, file + " (see -Dhydrant.golden.write=true)");
  }

  static byte[] read(String name) throws IOException {
    String text = Files.readString(DIRECTORY.resolve(name + ".hex"));
    return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
  }

  private static String format(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes.length; i += LINE_BYTES) {
      int end = Math.min(i + LINE_BYTES, bytes.length);
      text.append(HexFormat.of().formatHex(bytes, i, end)).append('\n');
    }
    return text.toString();
  }
}
