package io.hydrant.pager.uffd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine's memory as its monitor has handed it over: from here on its faults are answered here.
 *
 * @param userfault the memory is registered with it already
 * @param process that runs the machine
 */
public record HandOver(Userfault userfault, MachineProcess process, List<Mapping> mappings) {
  /**
   * A piece of the machine's memory.
   *
   * @param address where it begins in the process
   * @param bytes its length
   * @param offset where it begins in the image's region, in bytes
   * @param pageBytes of the kernel there
   */
  public record Mapping(long address, long bytes, long offset, int pageBytes) {}

  public HandOver {
    mappings = List.copyOf(mappings);
  }

  /**
   * @param region of the image that is the machine's memory
   * @throws IllegalArgumentException if a piece is not of whole pages
   */
  public GuestMemory memory(int region) {
    List<GuestMemory.Piece> pieces = new ArrayList<>();
    for (Mapping mapping : mappings) {
      pieces.add(
          new GuestMemory.Piece(
              mapping.address(), mapping.bytes(), region, mapping.offset(), mapping.pageBytes()));
    }
    return new GuestMemory(pieces);
  }

  /**
   * Ends the machine, and lets go of its memory then: without the descriptor the kernel would give
   * it zeros for what is not there.
   *
   * @throws IOException if it does not end: nothing is let go of
   */
  public void refuse() throws IOException {
    process.kill();
    userfault.close();
    process.close();
  }
}
