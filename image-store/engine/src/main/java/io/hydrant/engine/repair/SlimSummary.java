package io.hydrant.engine.repair;

import java.util.List;

/**
 * A slim state without its bytes.
 *
 * @param bytes of all chunks
 * @param checksums of the chunks, in order: each covers the chunk's offset too
 */
public record SlimSummary(long bytes, List<Integer> checksums) {
  public SlimSummary {
    checksums = List.copyOf(checksums);
  }
}
