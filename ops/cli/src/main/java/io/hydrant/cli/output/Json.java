package io.hydrant.cli.output;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object to be written, members in the order in which they were put. Output only: the
 * command never reads JSON. Values: String, Number, Boolean, Json, List, byte[] (as hex), Optional
 * (absent = left out), null.
 */
public final class Json {
  private static final String INDENT = "  ";
  private static final HexFormat HEX = HexFormat.of();

  private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

  public Json put(String name, @Nullable Object value) {
    if (value instanceof Optional<?> optional) {
      optional.ifPresent(present -> members.put(name, present));
    } else {
      members.put(name, value);
    }
    return this;
  }

  /** A member's value as text; empty if there is none. */
  public String text(String name) {
    Object value = members.get(name);
    return value == null ? "" : value.toString();
  }

  /** Several lines, for a document on its own. */
  public String pretty() {
    StringBuilder text = new StringBuilder();
    append(text, this, "\n");
    return text.toString();
  }

  /** One line, for a stream of documents. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    append(text, this, "");
    return text.toString();
  }

  /** {@code lineBreak}: newline with the current indentation; empty for the one-line form. */
  private static void append(StringBuilder text, @Nullable Object value, String lineBreak) {
    switch (value) {
      case null -> text.append("null");
      case Json json -> appendObject(text, json, lineBreak);
      case List<?> list -> appendList(text, list, lineBreak);
      case byte[] bytes -> quote(text, HEX.formatHex(bytes));
      case Boolean truth -> text.append(truth);
      case Double number -> text.append(Double.isFinite(number) ? number.toString() : "null");
      case Number number -> text.append(number);
      default -> quote(text, value.toString());
    }
  }

  private static void appendObject(StringBuilder text, Json json, String lineBreak) {
    text.append('{');
    String inner = lineBreak.isEmpty() ? "" : lineBreak + INDENT;
    String comma = "";
    for (Map.Entry<String, @Nullable Object> member : json.members.entrySet()) {
      text.append(comma).append(inner);
      quote(text, member.getKey());
      text.append(lineBreak.isEmpty() ? ":" : ": ");
      append(text, member.getValue(), inner);
      comma = ",";
    }
    text.append(json.members.isEmpty() ? "" : lineBreak).append('}');
  }

  private static void appendList(StringBuilder text, List<?> list, String lineBreak) {
    text.append('[');
    String inner = lineBreak.isEmpty() ? "" : lineBreak + INDENT;
    String comma = "";
    for (Object element : list) {
      text.append(comma).append(inner);
      append(text, element, inner);
      comma = ",";
    }
    text.append(list.isEmpty() ? "" : lineBreak).append(']');
  }

  private static void quote(StringBuilder text, String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          // Lone surrogates and control characters would not survive as they are.
          if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
            text.append("\\u").append(HEX.toHexDigits(c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
