package io.hydrant.client.trace;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A series of checkpoints captured from a real virtual machine (docs/formats/trace.md). Opening it
 * reads trace.json only; checkpoints are read when they are asked for.
 *
 * <p>What is wrong with a trace is a {@link MalformedTraceException}; a missing file is a {@link
 * java.nio.file.NoSuchFileException}. Immutable.
 */
public final class Trace {
  public static final int PAGE_BYTES = 4096;

  /** The largest known is 0.8 MB. */
  private static final int MANIFEST_BYTES_MAX = 64 << 20;

  private static final String MANIFEST = "trace.json";
  private static final Pattern BUNDLED_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

  private final TraceSource source;
  private final TraceManifest manifest;

  private Trace(TraceSource source) throws IOException {
    this.source = source;
    try (InputStream in = source.open(MANIFEST)) {
      byte[] text = in.readNBytes(MANIFEST_BYTES_MAX + 1);
      if (text.length > MANIFEST_BYTES_MAX) {
        throw new MalformedTraceException(
            source.describe(MANIFEST),
            MANIFEST_BYTES_MAX,
            "it is longer than " + MANIFEST_BYTES_MAX + " bytes",
            null);
      }
      this.manifest = TraceManifest.parse(source.describe(MANIFEST), text);
    }
  }

  /** Opens a directory with trace.json. */
  public static Trace open(Path directory) throws IOException {
    return new Trace(new TraceSource.Directory(directory));
  }

  /**
   * Opens a trace that comes with the library: {@code redis-window-16m}, 16 checkpoints of 16 MiB
   * of a Redis server's memory under load, a second apart.
   */
  public static Trace bundled(String name) throws IOException {
    if (!BUNDLED_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'%s' is not the name of a bundled trace; there is redis-window-16m".formatted(name));
    }
    return new Trace(new TraceSource.Bundled(name));
  }

  public String name() {
    return manifest.name();
  }

  public String workload() {
    return manifest.workload();
  }

  public long memoryBytes() {
    return manifest.memoryBytes();
  }

  public long memoryPages() {
    return memoryBytes() / PAGE_BYTES;
  }

  /** Configured time between checkpoints. */
  public long intervalMillis() {
    return manifest.intervalMillis();
  }

  /** All checkpoints; each number is its place. */
  public List<TraceEntry> checkpoints() {
    return manifest.checkpoints();
  }

  public List<FaultRecording> faultRecordings() {
    return manifest.faultRecordings();
  }

  /**
   * Reads one checkpoint.
   *
   * @throws IndexOutOfBoundsException if there is no such number
   */
  public TraceCheckpoint read(int number) throws IOException {
    TraceEntry entry = manifest.checkpoints().get(number);
    InputStream in = source.open(entry.file());
    return CheckpointFile.read(source.describe(entry.file()), entry, memoryPages(), in);
  }

  /** A memory that is all zeros, to apply the checkpoints to. */
  public MemoryImage emptyMemory() {
    return new MemoryImage(memoryBytes());
  }
}
