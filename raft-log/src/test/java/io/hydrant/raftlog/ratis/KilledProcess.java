package io.hydrant.raftlog.ratis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hydrant.raftlog.RecordingMachine;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * Submits numbers until it is killed, and prints each when it is acknowledged. Arguments:
 * directory, first number.
 */
final class KilledProcess {
  /** In flight at once, so that the kill meets commands in every state. */
  private static final int WINDOW = 16;

  private KilledProcess() {}

  public static void main(String[] arguments) throws Exception {
    RecordingMachine machine = new RecordingMachine().durableOnlyOnDemand();
    RatisRaftLog log = Logs.lead(Logs.config(Path.of(arguments[0])), machine);
    Semaphore window = new Semaphore(WINDOW);
    for (long number = Long.parseLong(arguments[1]); ; number++) {
      String command = Long.toString(number);
      window.acquire();
      var unused =
          log.submit(command.getBytes(UTF_8))
              .whenComplete((answer, thrown) -> {
                window.release();
                System.out.println(thrown == null ? command : "failed: " + thrown);
              });
    }
  }
}
