package io.hydrant.client.trace;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one JSON text (RFC 8259), strictly: no comments, no trailing commas, no duplicate names,
 * nothing behind the value. What it allocates is a small multiple of the text.
 */
final class JsonReader {
  /** trace.json nests 5 deep; the bound keeps hostile text from exhausting the stack. */
  private static final int DEPTH_MAX = 32;

  private final String file;
  private final byte[] text;
  private int at;
  private int depth;

  private JsonReader(String file, byte[] text) {
    this.file = file;
    this.text = text;
  }

  static Json read(String file, byte[] text) throws MalformedTraceException {
    JsonReader reader = new JsonReader(file, text);
    Json value = reader.value();
    reader.space();
    if (reader.at < text.length) {
      throw reader.error("something follows the JSON value");
    }
    return value;
  }

  private Json value() throws MalformedTraceException {
    space();
    if (++depth > DEPTH_MAX) {
      throw error("JSON nested more than " + DEPTH_MAX + " deep");
    }
    Json value =
        switch (peek()) {
          case '{' -> object();
          case '[' -> array();
          case '"' -> new Json.Text(at, string());
          case 't' -> literal("true");
          case 'f' -> literal("false");
          case 'n' -> literal("null");
          default -> number();
        };
    depth--;
    return value;
  }

  private Json object() throws MalformedTraceException {
    int start = at++;
    Map<String, Json> fields = new LinkedHashMap<>();
    if (skip('}')) {
      return new Json.Obj(start, fields);
    }
    do {
      space();
      int nameAt = at;
      if (peek() != '"') {
        throw error("a name in quotes was expected");
      }
      String name = string();
      require(':');
      if (fields.put(name, value()) != null) {
        at = nameAt;
        throw error("the name '%s' is there twice".formatted(printable(name)));
      }
    } while (skip(','));
    require('}');
    return new Json.Obj(start, fields);
  }

  private Json array() throws MalformedTraceException {
    int start = at++;
    List<Json> items = new ArrayList<>();
    if (skip(']')) {
      return new Json.Arr(start, items);
    }
    do {
      items.add(value());
    } while (skip(','));
    require(']');
    return new Json.Arr(start, items);
  }

  private Json literal(String word) throws MalformedTraceException {
    int start = at;
    for (int i = 0; i < word.length(); i++) {
      if (peek() != word.charAt(i)) {
        throw error("'%s' was expected".formatted(word));
      }
      at++;
    }
    return new Json.Literal(start, word);
  }

  private Json number() throws MalformedTraceException {
    int start = at;
    if (peek() == '-') {
      at++;
    }
    int digitsAt = at;
    digits();
    if (text[digitsAt] == '0' && at - digitsAt > 1) {
      at = digitsAt;
      throw error("a number must not begin with 0");
    }
    if (peek() == '.') {
      at++;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
    return new Json.Num(start, new String(text, start, at - start, StandardCharsets.US_ASCII));
  }

  private void digits() throws MalformedTraceException {
    int start = at;
    while (peek() >= '0' && peek() <= '9') {
      at++;
    }
    if (at == start) {
      throw error(at < text.length ? "a JSON value was expected" : "the text ends too early");
    }
  }

  private String string() throws MalformedTraceException {
    int start = ++at;
    StringBuilder decoded = new StringBuilder();
    while (true) {
      int c = peek();
      if (c == '"') {
        decoded.append(utf8(start, at));
        at++;
        return decoded.toString();
      }
      if (c < 0x20) {
        throw error(c < 0 ? "a string is not closed" : "a control character in a string");
      }
      if (c == '\\') {
        decoded.append(utf8(start, at));
        at++;
        decoded.append(escape());
        start = at;
      } else {
        at++;
      }
    }
  }

  private char escape() throws MalformedTraceException {
    int c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> (char) c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++, at++) {
          int digit = Character.digit(peek(), 16);
          if (digit < 0) {
            throw error("four hexadecimal digits were expected");
          }
          code = code << 4 | digit;
        }
        yield (char) code;
      }
      default -> {
        at--;
        throw error("an unknown escape in a string");
      }
    };
  }

  private String utf8(int from, int to) throws MalformedTraceException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(text, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      at = from;
      throw error("a string is not UTF-8");
    }
  }

  private void space() {
    while (at < text.length
        && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
      at++;
    }
  }

  private boolean skip(char c) {
    space();
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void require(char c) throws MalformedTraceException {
    if (!skip(c)) {
      throw error(at < text.length ? "'%c' was expected".formatted(c) : "the text ends too early");
    }
  }

  /** The byte here as 0 to 255; -1 at the end. */
  private int peek() {
    return at < text.length ? text[at] & 0xff : -1;
  }

  private MalformedTraceException error(String why) {
    return new MalformedTraceException(file, at, why, null);
  }

  /** Names come from the file: keep messages short and plain. */
  private static String printable(String text) {
    String shown = text.length() > 40 ? text.substring(0, 40) + "..." : text;
    return shown.replaceAll("[^\\x20-\\x7e]", "?");
  }
}
