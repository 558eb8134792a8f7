package io.hydrant.bench.bare;

import io.hydrant.bench.process.ChildProcess;
import io.hydrant.bench.process.FreePort;
import io.hydrant.bench.process.JvmCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A bare server in a process of its own, with a client that is connected to it. */
public final class BareProcess implements AutoCloseable {
  /** Long enough to write the whole file on a slow disk. */
  private static final long READY_SECONDS_MAX = 300;

  private static final long POLL_MILLIS = 20;

  private final ChildProcess process;
  private final BareClient client;
  private final Path file;

  private BareProcess(ChildProcess process, BareClient client, Path file) {
    this.process = process;
    this.client = client;
    this.file = file;
  }

  public static BareProcess start(
      JvmCommand jvm,
      List<String> jvmOptions,
      Path directory,
      long fileBytes,
      BareSettings.Executor executor)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Path file = Files.createTempFile(directory, "bare-", ".dat");
    BareSettings settings = new BareSettings(FreePort.choose(), file, fileBytes, executor);
    ChildProcess process =
        ChildProcess.start(
            "bare",
            directory,
            jvm.of(jvmOptions, BareServer.class.getName(), settings.arguments()));
    BareClient client = new BareClient(settings.port(), executor);
    BareProcess bare = new BareProcess(process, client, file);
    bare.awaitReady();
    return bare;
  }

  private void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX);
    while (!client.answers()) {
      if (!process.alive() || System.nanoTime() > deadline) {
        String log = process.logTail();
        close();
        throw new IOException("the bare server did not get ready; its log ends:\n" + log);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  public BareClient client() {
    return client;
  }

  public ChildProcess process() {
    return process;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    client.close();
    process.close();
    Files.deleteIfExists(file);
  }
}
