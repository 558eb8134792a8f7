package io.hydrant.node;

import io.hydrant.node.config.NodeConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A node in this process, with real files, on a free port; and a client of it. */
public final class NodeFixture extends NodeClient {
  private final Map<String, String> settings;
  private final List<String> faults;
  private HydrantNode node;

  public NodeFixture(Path directory, Map<String, String> settings) throws Exception {
    this(all(directory, settings), new CopyOnWriteArrayList<>());
  }

  private NodeFixture(Map<String, String> settings, List<String> faults) throws Exception {
    this(settings, faults, open(settings, faults));
  }

  private NodeFixture(Map<String, String> settings, List<String> faults, HydrantNode node) {
    super(node.port());
    this.settings = settings;
    this.faults = faults;
    this.node = node;
  }

  private static Map<String, String> all(Path directory, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("data.directory", directory.toString());
    all.put("listen.address", "127.0.0.1:0");
    all.put("storage.segment-bytes", "8m");
    all.put("storage.reserve-bytes", "1m");
    all.putAll(settings);
    return all;
  }

  private static HydrantNode open(Map<String, String> settings, List<String> faults)
      throws Exception {
    return HydrantNode.start(
        NodeConfig.load(Optional.empty(), Map.of(), settings),
        (what, cause) -> faults.add(what + ": " + cause));
  }

  /** Stops in order and starts again on the same directory. */
  public void restart() throws Exception {
    node.close();
    node = open(settings, faults);
    reconnect(node.port());
  }

  public HydrantNode node() {
    return node;
  }

  public List<String> faults() {
    return faults;
  }

  @Override
  public void close() throws IOException {
    super.close();
    node.close();
  }
}
