package io.hydrant.bench;

import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.process.JvmCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * What a scenario works with: options, the way servers are started, and where to tell of progress.
 *
 * @param directory of this run alone
 */
public record Lab(Options options, JvmCommand jvm, Path directory, PrintStream progress) {
  /**
   * Starts a bare server as the store is started: same launch flags, same heap, a process of its
   * own.
   *
   * @param fileBytes length of the file that it writes over
   */
  public BareProcess startBare(long fileBytes, BareSettings.Executor executor)
      throws IOException, InterruptedException {
    return BareProcess.start(jvm, List.of("-Xmx" + options.heap()), directory, fileBytes, executor);
  }

  public Scale scale() {
    return options.scale();
  }

  /** Says what goes on, on standard error. */
  public void say(String format, Object... arguments) {
    progress.println(format.formatted(arguments));
  }
}
