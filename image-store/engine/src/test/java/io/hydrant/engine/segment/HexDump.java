package io.hydrant.engine.segment;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Bytes as lines of text: offset, then 16 bytes in hexadecimal; lines of zeros are left out. */
final class HexDump {
  private static final int LINE_BYTES = 16;
  private static final HexFormat HEX = HexFormat.of().withDelimiter(" ");

  private HexDump() {}

  static String of(byte[] bytes) {
    StringBuilder text = new StringBuilder("length %d%n".formatted(bytes.length));
    for (int at = 0; at < bytes.length; at += LINE_BYTES) {
      int end = Math.min(at + LINE_BYTES, bytes.length);
      boolean zeros = true;
      for (int i = at; i < end; i++) {
        zeros &= bytes[i] == 0;
      }
      if (!zeros) {
        text.append("%08x  %s%n".formatted(at, HEX.formatHex(bytes, at, end)));
      }
    }
    return text.toString();
  }

  static byte[] parse(String text) {
    String[] lines = text.split("\\R", -1);
    ByteBuffer bytes = ByteBuffer.allocate(Integer.parseInt(lines[0].substring(7)));
    for (int line = 1; line < lines.length; line++) {
      if (!lines[line].isEmpty()) {
        int at = Integer.parseInt(lines[line], 0, 8, 16);
        bytes.put(at, HEX.parseHex(lines[line].substring(10)));
      }
    }
    return bytes.array();
  }
}
