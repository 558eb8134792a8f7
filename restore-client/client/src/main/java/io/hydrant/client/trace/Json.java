package io.hydrant.client.trace;

import java.util.List;
import java.util.Map;

/** A JSON value and where in its text it began. */
sealed interface Json {
  long offset();

  record Obj(long offset, Map<String, Json> fields) implements Json {}

  record Arr(long offset, List<Json> items) implements Json {}

  record Text(long offset, String value) implements Json {}

  /**
   * A number.
   *
   * @param text as it was written
   */
  record Num(long offset, String text) implements Json {}

  /** true, false or null. */
  record Literal(long offset, String value) implements Json {}
}
