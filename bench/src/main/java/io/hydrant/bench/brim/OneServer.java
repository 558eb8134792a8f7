package io.hydrant.bench.brim;

import io.hydrant.bench.Lab;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreProcess;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** One server alone. For one thread. */
public final class OneServer implements BrimTarget, AutoCloseable {
  private final Lab lab;
  private final String data;
  private final Optional<MemoryDisk> disk;
  private final List<String> settings;
  private StoreProcess server;

  /**
   * @param data its directory within the run's
   * @param disk the file system that it lies on, if that is its own
   */
  public OneServer(Lab lab, String data, Optional<MemoryDisk> disk, List<String> settings)
      throws IOException, InterruptedException {
    this.lab = lab;
    this.data = data;
    this.disk = disk;
    this.settings = List.copyOf(settings);
    this.server = start();
  }

  private StoreProcess start() throws IOException, InterruptedException {
    return lab.startStore(data, List.of("-Xmx" + lab.options().heap()), settings);
  }

  @Override
  public List<StoreProcess> servers() {
    return List.of(server);
  }

  @Override
  public StoreClient connect() {
    return StoreClient.connect(server);
  }

  @Override
  public Optional<MemoryDisk> disk() {
    return disk;
  }

  @Override
  public void restart() throws IOException, InterruptedException {
    server.process().kill();
    server = start();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    server.close();
  }
}
