package io.hydrant.chaos.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** What runs in a machine: what it writes from one checkpoint to the next. */
public interface Workload {
  String name();

  /** Pages of 4 KiB. */
  int pages();

  /** Time between checkpoints. */
  Duration interval();

  /** Runs on for one interval. */
  void run(Writer memory) throws IOException;

  /** The machine's memory. */
  interface Writer {
    /**
     * @param content one page, from position to limit; stays as it is from now on
     */
    void write(int page, ByteBuffer content);
  }
}
