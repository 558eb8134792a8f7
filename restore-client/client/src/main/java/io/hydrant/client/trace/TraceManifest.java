package io.hydrant.client.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** trace.json, checked: what it says is possible, and bounds what reading its files allocates. */
record TraceManifest(
    String name,
    String workload,
    long memoryBytes,
    long intervalMillis,
    List<TraceEntry> checkpoints,
    List<FaultRecording> faultRecordings) {
  static final String FORMAT = "hydrant-trace-1";

  /** 16 GiB: page numbers stay far below 2^31. */
  static final long MEMORY_BYTES_MAX = 16L << 30;

  static final int SLIM_BYTES_MAX = 256 << 20;

  private static final Pattern FILE_NAME = Pattern.compile("[0-9A-Za-z_-][0-9A-Za-z._-]{0,99}");
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  static TraceManifest parse(String file, byte[] text) throws MalformedTraceException {
    return new Fields(file).manifest(JsonReader.read(file, text));
  }

  /** Takes checked values out of the JSON; messages name the field. */
  private record Fields(String file) {
    TraceManifest manifest(Json json) throws MalformedTraceException {
      Json.Obj root = object(json, "the trace");
      Json.Text format = text(root, "format");
      if (!format.value().equals(FORMAT)) {
        throw error(format, "the format is not " + FORMAT);
      }
      if (integer(root, "page_bytes", 1, Integer.MAX_VALUE) != Trace.PAGE_BYTES) {
        throw error(root, "page_bytes is not " + Trace.PAGE_BYTES);
      }
      long memoryBytes = integer(root, "memory_bytes", Trace.PAGE_BYTES, MEMORY_BYTES_MAX);
      if (memoryBytes % Trace.PAGE_BYTES != 0) {
        throw error(root, "memory_bytes is not a multiple of page_bytes");
      }
      long pages = memoryBytes / Trace.PAGE_BYTES;
      List<TraceEntry> checkpoints = new ArrayList<>();
      for (Json item : array(root, "checkpoints").items()) {
        checkpoints.add(entry(object(item, "a checkpoint"), checkpoints.size(), pages));
      }
      if (checkpoints.isEmpty()) {
        throw error(root, "there are no checkpoints");
      }
      List<FaultRecording> recordings = new ArrayList<>();
      if (root.fields().containsKey("fault_recordings")) {
        for (Json item : array(root, "fault_recordings").items()) {
          recordings.add(recording(object(item, "a fault recording"), checkpoints.size(), pages));
        }
      }
      return new TraceManifest(
          text(root, "name").value(),
          text(root, "workload").value(),
          memoryBytes,
          integer(root, "interval_ms", 0, Integer.MAX_VALUE),
          List.copyOf(checkpoints),
          List.copyOf(recordings));
    }

    private TraceEntry entry(Json.Obj item, int expected, long pages)
        throws MalformedTraceException {
      int number = (int) integer(item, "number", 0, Integer.MAX_VALUE);
      if (number != expected) {
        throw error(item, "checkpoint %d where %d should be".formatted(number, expected));
      }
      Json.Text name = text(item, "file");
      if (!FILE_NAME.matcher(name.value()).matches()) {
        throw error(name, "a checkpoint's file must be a plain name beside trace.json");
      }
      Json.Text sha256 = text(item, "memory_sha256");
      if (!SHA_256.matcher(sha256.value()).matches()) {
        throw error(sha256, "memory_sha256 is not 64 hexadecimal digits");
      }
      // A checkpoint's content is one array.
      long pagesMax = Math.min(pages, (Integer.MAX_VALUE - 8) / Trace.PAGE_BYTES);
      return new TraceEntry(
          number,
          name.value(),
          (int) integer(item, "pages", 0, pagesMax),
          (int) integer(item, "slim_bytes", 0, SLIM_BYTES_MAX),
          integer(item, "at_ms", 0, Long.MAX_VALUE),
          decimal(item, "pause_ms"),
          sha256.value());
    }

    private FaultRecording recording(Json.Obj item, int checkpoints, long pages)
        throws MalformedTraceException {
      List<Json> faults = array(item, "faults").items();
      long[] micros = new long[faults.size()];
      long[] numbers = new long[faults.size()];
      for (int i = 0; i < micros.length; i++) {
        Json fault = faults.get(i);
        if (!(fault instanceof Json.Arr pair) || pair.items().size() != 2) {
          throw error(fault, "a fault is not a pair [microseconds, page]");
        }
        micros[i] = integer(pair.items().get(0), "microseconds", 0, Long.MAX_VALUE);
        numbers[i] = integer(pair.items().get(1), "page", 0, pages - 1);
      }
      return new FaultRecording(
          (int) integer(item, "checkpoint", 0, checkpoints - 1),
          decimal(item, "seconds"),
          micros,
          numbers);
    }

    private Json.Obj object(Json json, String what) throws MalformedTraceException {
      if (json instanceof Json.Obj object) {
        return object;
      }
      throw error(json, what + " is not a JSON object");
    }

    private Json field(Json.Obj object, String name) throws MalformedTraceException {
      Map<String, Json> fields = object.fields();
      Json value = fields.get(name);
      if (value == null) {
        throw error(object, "'%s' is missing".formatted(name));
      }
      return value;
    }

    private Json.Arr array(Json.Obj object, String name) throws MalformedTraceException {
      Json value = field(object, name);
      if (value instanceof Json.Arr array) {
        return array;
      }
      throw error(value, "'%s' is not a list".formatted(name));
    }

    private Json.Text text(Json.Obj object, String name) throws MalformedTraceException {
      Json value = field(object, name);
      if (value instanceof Json.Text text) {
        return text;
      }
      throw error(value, "'%s' is not a text".formatted(name));
    }

    private long integer(Json.Obj object, String name, long least, long most)
        throws MalformedTraceException {
      return integer(field(object, name), name, least, most);
    }

    private long integer(Json value, String name, long least, long most)
        throws MalformedTraceException {
      if (value instanceof Json.Num number) {
        try {
          long integer = Long.parseLong(number.text());
          if (integer >= least && integer <= most) {
            return integer;
          }
        } catch (NumberFormatException e) {
          // not a whole number, or beyond a long: said below
        }
      }
      throw error(value, "'%s' is not a whole number from %d to %d".formatted(name, least, most));
    }

    private double decimal(Json.Obj object, String name) throws MalformedTraceException {
      Json value = field(object, name);
      if (value instanceof Json.Num number) {
        double decimal = Double.parseDouble(number.text());
        if (decimal >= 0 && Double.isFinite(decimal)) {
          return decimal;
        }
      }
      throw error(value, "'%s' is not a number of at least 0".formatted(name));
    }

    private MalformedTraceException error(Json at, String why) {
      return new MalformedTraceException(file, at.offset(), why, null);
    }
  }
}
