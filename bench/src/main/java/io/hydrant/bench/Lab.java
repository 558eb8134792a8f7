package io.hydrant.bench;

import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
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

  /**
   * Starts a server of the store and waits until it answers.
   *
   * @param data name of its data directory within this run; made if it is not there
   */
  public StoreProcess startStore(String data) throws IOException, InterruptedException {
    return startStore(data, List.of("-Xmx" + options.heap()), List.of());
  }

  /**
   * Starts a server of the store and waits until it answers.
   *
   * @param jvmOptions in place of those that the run was asked for
   * @param settings on top of those that the run was asked for
   */
  public StoreProcess startStore(String data, List<String> jvmOptions, List<String> settings)
      throws IOException, InterruptedException {
    StoreProcess store = launchStore(data, jvmOptions, settings);
    try {
      store.awaitReady();
    } catch (IOException | InterruptedException e) {
      store.close();
      throw e;
    }
    return store;
  }

  /** Starts a server of the store and does not wait for it. */
  public StoreProcess launchStore(String data, List<String> jvmOptions, List<String> settings)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(options.serverSettings());
    all.addAll(settings);
    return StoreProcess.start(jvm, jvmOptions, directory, directory.resolve(data), all);
  }

  /**
   * Starts three servers of the store as one group and waits until it serves.
   *
   * @param data name of the directory of their data within this run
   * @param settings on top of those that the run was asked for
   */
  public StoreGroup startGroup(String data, List<String> settings)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(options.serverSettings());
    all.addAll(settings);
    return StoreGroup.start(
        new StoreGroup.Start(
            jvm, List.of("-Xmx" + options.heap()), directory, directory.resolve(data), all));
  }

  public Scale scale() {
    return options.scale();
  }

  /** Says what goes on, on standard error. */
  public void say(String format, Object... arguments) {
    progress.println(format.formatted(arguments));
  }
}
