package io.hydrant.node.restore;

import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.SlimReader;
import java.nio.ByteBuffer;

/** What all reads of restore sessions share. */
record RestoreReads(
    Reading reading, Sessions sessions, ReadBuffers buffers, RestoreCounters counters) {
  PageReader pages() {
    return reading.pages();
  }

  SlimReader slim() {
    return reading.slim();
  }

  /** This thread's buffer. */
  ByteBuffer buffer(int bytes) {
    return buffers.take(bytes);
  }
}
