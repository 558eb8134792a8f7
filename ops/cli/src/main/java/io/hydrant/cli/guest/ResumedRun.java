package io.hydrant.cli.guest;

import io.hydrant.pager.uffd.HandOver;
import io.hydrant.pager.uffd.NativeMemory;
import io.hydrant.pager.uffd.UffdSocket;
import io.hydrant.pager.uffd.Userfault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A sample machine that goes on in a new process, with its slim state and none of its memory: a
 * pager brings that. The thread that runs it waits for pages as a machine's processor does.
 */
public final class ResumedRun {
  /**
   * What came of it.
   *
   * @param stepsBefore when the checkpoint was taken
   * @param firstStepNanos from the hand-over to the end of its first step
   * @param stepsNanos of all steps
   * @param wrong pages that were not what they must be
   */
  public record Result(
      long stepsBefore, long steps, long firstStepNanos, long stepsNanos, int pages, int wrong) {}

  private ResumedRun() {}

  /**
   * Resumes it, lets it make some steps, and verifies all of its memory in the end.
   *
   * @param socket at which a pager listens
   * @throws IOException if this kernel does not let it, or nobody listens
   */
  public static Result run(Path socket, byte[] slim, long memoryBytes, long steps)
      throws IOException {
    try (NativeMemory memory = NativeMemory.allocate(memoryBytes);
        Userfault userfault = Userfault.open()) {
      userfault.register(memory.address(), memoryBytes);
      SampleMachine machine = SampleMachine.resumed(memory.asSegment(), slim);
      long before = machine.steps();
      UffdSocket.handOver(
          socket,
          userfault,
          List.of(
              new HandOver.Mapping(memory.address(), memoryBytes, 0, SampleMachine.PAGE_BYTES)));
      long begin = System.nanoTime();
      long first = 0;
      int wrong = 0;
      for (long step = 0; step < steps; step++) {
        wrong += machine.step() ? 0 : 1;
        first = step == 0 ? System.nanoTime() - begin : first;
      }
      long all = System.nanoTime() - begin;
      for (int page = 0; page < machine.pages(); page++) {
        wrong += machine.isRight(page) ? 0 : 1;
      }
      return new Result(before, steps, first, all, machine.pages(), wrong);
    }
  }
}
