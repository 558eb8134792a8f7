package io.hydrant.bench.bare;

import java.nio.file.Path;
import java.util.List;

/**
 * How a bare server is started.
 *
 * @param port on loopback
 * @param file that the sinks write over and over
 * @param fileBytes its length
 * @param executor where the calls run
 */
public record BareSettings(int port, Path file, long fileBytes, Executor executor) {
  /** Where gRPC runs the calls, on both ends. */
  public enum Executor {
    /** gRPC's shared pool of threads: what a server gets that sets nothing. */
    POOL,
    /** The network threads themselves: nothing may block. */
    DIRECT
  }

  /** fdatasync of the sink after so many bytes. */
  public static final long SYNC_BYTES = 4L << 20;

  /**
   * HTTP/2 window of both ends: large enough to go on receiving while an fdatasync of {@link
   * #SYNC_BYTES} runs, so that the comparator is not held back by a default.
   */
  public static final int FLOW_WINDOW_BYTES = 8 << 20;

  /** What a sender may have queued before it has to wait: more than one message of 1 MiB. */
  public static final int SEND_QUEUE_BYTES = 4 << 20;

  List<String> arguments() {
    return List.of(
        Integer.toString(port), file.toString(), Long.toString(fileBytes), executor.name());
  }

  static BareSettings parse(String[] arguments) {
    return new BareSettings(
        Integer.parseInt(arguments[0]),
        Path.of(arguments[1]),
        Long.parseLong(arguments[2]),
        Executor.valueOf(arguments[3]));
  }
}
