package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PageSet;
import java.time.Duration;

/** Checkpoints of a guest at a fixed interval. */
public interface GuestStream {
  /** For people, with the interval. */
  String name();

  Duration interval();

  /** Of the image. */
  long imageBytes();

  /** What the image has before the first checkpoint of the stream. */
  PageSet begin();

  /** So many checkpoints are made; then they come round again. */
  int distinct();

  /** What the guest has dirtied by a moment; costs nothing worth measuring. */
  PageSet pages(long number);

  /** Its device state at a moment; empty if it has none. */
  byte[] slim(long number);

  /** Whether the library may compress the pages: those made from a seed cannot be. */
  boolean isCompressible();

  /** Mean bytes of a checkpoint. */
  long meanBytes();
}
