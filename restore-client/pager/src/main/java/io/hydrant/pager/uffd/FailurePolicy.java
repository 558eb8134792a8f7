package io.hydrant.pager.uffd;

import io.hydrant.pager.PagerException;
import java.io.IOException;

/**
 * What becomes of a machine that touches a page which cannot be had. In no case is the page
 * answered: a thread that waits for it waits until its process ends.
 */
@FunctionalInterface
public interface FailurePolicy {
  /**
   * @param why names the page and the cause
   */
  void stop(PagerException why) throws IOException;

  /** The process is ended (SIGKILL). */
  static FailurePolicy kill(MachineProcess process) {
    return _ -> process.kill();
  }

  /** The process is stopped (SIGSTOP), for somebody to look at. */
  static FailurePolicy pause(MachineProcess process) {
    return _ -> process.signal(Libc.SIGSTOP);
  }
}
