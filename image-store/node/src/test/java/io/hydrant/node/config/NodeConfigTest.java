package io.hydrant.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeConfigTest {
  private static final Path DOCUMENT = Path.of("../../docs/configuration.md");

  @TempDir Path directory;

  private NodeConfig load(String file, Map<String, String> environment, Map<String, String> flags)
      throws Exception {
    Path path = directory.resolve("hydrant.conf");
    Files.writeString(path, file);
    return NodeConfig.load(Optional.of(path), environment, flags);
  }

  private String refusal(String file, Map<String, String> environment, Map<String, String> flags) {
    return String.valueOf(
        assertThrows(ConfigException.class, () -> load(file, environment, flags)).getMessage());
  }

  private static Map<String, String> data(String key, String value) {
    Map<String, String> flags = new HashMap<>();
    flags.put("data.directory", "/d");
    flags.put(key, value);
    return flags;
  }

  @Test
  void laterSourcesWin() throws Exception {
    String file =
        "data.directory = /from/file\nthreads.fault = 5\nthreads.read = 6\nthreads.api=7\n";
    NodeConfig config =
        load(
            file,
            Map.of("HYDRANT_THREADS_READ", "16", "HYDRANT_THREADS_API", "17", "PATH", "/bin"),
            Map.of("threads.api", "27"));
    assertEquals(Path.of("/from/file"), config.dataDirectory());
    assertEquals(new ThreadsConfig(5, 16, 4, 27, 2, 2), config.threads());
    assertEquals(new ListenConfig("127.0.0.1", 7070, false), config.listen());
  }

  @Test
  void unknownKeysAreRefusedWithTheNearestOne() {
    String message = refusal("data.directry = /x\n", Map.of(), Map.of());
    assertTrue(message.contains("data.directry") && message.contains("data.directory?"), message);
    assertTrue(message.contains("hydrant.conf"), message);
    message = refusal("", Map.of("HYDRANT_LISTEN_ADRESS", "x"), Map.of());
    assertTrue(message.contains("HYDRANT_LISTEN_ADDRESS?"), message);
    message = refusal("", Map.of(), data("ingest.stream-max", "1"));
    assertTrue(message.contains("ingest.streams-max?") && message.contains("flag"), message);
  }

  @Test
  void variablesOfTheLauncherAreNotTheServers() throws Exception {
    load("data.directory=/d", Map.of("HYDRANT_SERVER", "a:1", "HYDRANT_JAVA_HOME", "/j"), Map.of());
  }

  @Test
  void theDataDirectoryHasNoDefault() {
    assertTrue(refusal("", Map.of(), Map.of()).contains("HYDRANT_DATA_DIRECTORY"));
  }

  @Test
  void otherThanLoopbackNeedsTheOperatorsWord() throws Exception {
    String message = refusal("", Map.of(), data("listen.address", "0.0.0.0:7070"));
    assertTrue(message.contains("--insecure"), message);
    Map<String, String> flags = data("listen.address", "0.0.0.0:7070");
    flags.put("listen.insecure", "true");
    assertTrue(load("", Map.of(), flags).listen().insecure());
    assertEquals(9, load("", Map.of(), data("listen.address", "[::1]:9")).listen().port());
    load("", Map.of(), data("listen.address", "localhost:0"));
  }

  @Test
  void unfitValuesNameTheKeyAndItsOrigin() {
    assertTrue(refusal("", Map.of(), data("listen.address", "here")).contains("HOST:PORT"));
    assertTrue(refusal("", Map.of(), data("listen.address", "127.0.0.1:70000")).contains("65535"));
    assertTrue(
        refusal("", Map.of(), data("threads.fault", "0")).contains("threads.fault must be 1"));
    String message = refusal("", Map.of("HYDRANT_THREADS_FAULT", "four"), data("threads.api", "1"));
    assertTrue(message.contains("environment HYDRANT_THREADS_FAULT"), message);
    assertTrue(message.contains("'four'"), message);
    message = refusal("", Map.of(), data("storage.segment-bytes", "64MB"));
    assertTrue(message.contains("64m") || message.contains("4m"), message);
    message = refusal("", Map.of("HYDRANT_THREADS_FAULT", "0"), data("threads.api", "1"));
    assertTrue(message.contains("environment HYDRANT_THREADS_FAULT"), message);
    assertTrue(refusal("", Map.of(), data("listen.insecure", "yes")).contains("true or false"));
    assertTrue(
        refusal("", Map.of(), data("storage.reserve-bytes", "99999999999g")).contains("bytes"));
  }

  @Test
  void segmentsAndBuffersHaveTheirRanges() throws Exception {
    for (Map.Entry<String, String> unfit :
        List.of(
            Map.entry("storage.segment-bytes", "8g"),
            Map.entry("storage.segment-bytes", "1025m"),
            Map.entry("storage.segment-bytes", "4095k"),
            Map.entry("storage.segment-bytes", "5000000"),
            Map.entry("storage.append-buffer-bytes", "3071k"),
            Map.entry("storage.append-buffer-bytes", "65m"),
            Map.entry("storage.reserve-bytes", "-1"),
            Map.entry("storage.spare-segments-max", "-1"))) {
      String message = refusal("", Map.of(), data(unfit.getKey(), unfit.getValue()));
      assertTrue(message.startsWith(unfit.getKey() + " must be "), message);
      assertTrue(message.endsWith("(flag)"), message);
    }
    Map<String, String> flags = data("storage.segment-bytes", "4m");
    flags.put("storage.append-buffer-bytes", "5m");
    assertTrue(
        refusal("", Map.of(), flags).contains("at most storage.segment-bytes, which is 4194304"));
    flags.put("storage.append-buffer-bytes", "4m");
    load("", Map.of(), flags);
  }

  @Test
  void theOtherPortsFollowTheFirst() throws Exception {
    ClusterConfig cluster = load("", Map.of(), data("listen.address", "127.0.0.1:7170")).cluster();
    assertEquals(new HostPort("127.0.0.1", 7171), cluster.peer());
    assertEquals(new HostPort("127.0.0.1", 7172), cluster.raft());
    assertEquals("127.0.0.1:7171", cluster.advertised(cluster.peer()));
    Map<String, String> flags = data("cluster.peer-address", "[::1]:5");
    flags.put("cluster.advertise-host", "node-a.example");
    cluster = load("", Map.of(), flags).cluster();
    assertEquals(new HostPort("::1", 5), cluster.peer());
    assertEquals("node-a.example:5", cluster.advertised(cluster.peer()));
    // Alone, the last port there is must go on working.
    load("", Map.of(), data("listen.address", "127.0.0.1:65535"));
  }

  @Test
  void oneOfSeveralNeedsAddressesThatStay() {
    Map<String, String> flags = data("cluster.join", "true");
    flags.put("listen.address", "127.0.0.1:0");
    assertTrue(refusal("", Map.of(), flags).startsWith("cluster.join needs fixed ports"));
    flags.put("listen.address", "0.0.0.0:7070");
    flags.put("listen.insecure", "true");
    assertTrue(refusal("", Map.of(), flags).startsWith("cluster.advertise-host must be"));
    flags.put("cluster.advertise-host", "127.0.0.1");
    flags.put("cluster.raft-address", "127.0.0.1:7071");
    assertTrue(refusal("", Map.of(), flags).contains("ports of their own"));
    assertTrue(
        refusal("", Map.of(), data("cluster.peer-address", "0.0.0.0:7071")).contains("--insecure"));
    assertTrue(
        refusal("", Map.of(), data("cluster.election-timeout-millis", "5"))
            .contains("must be 50 to 60000"));
  }

  @Test
  void howBytesGoToTheOtherReplicas() throws Exception {
    assertEquals(
        new ReplicationConfig(Duration.ofSeconds(10), 64 << 20, 48 << 20, Duration.ofSeconds(5)),
        load("", Map.of(), data("threads.stage", "3")).replication());
    assertTrue(
        refusal("", Map.of(), data("cluster.majority-lag-bytes", "1m"))
            .startsWith("cluster.majority-lag-bytes must be 4194304 to "));
    assertTrue(
        refusal("", Map.of(), data("cluster.no-majority-seconds", "0"))
            .contains("must be 1 to 600"));
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = directory.resolve("none.conf");
    String message =
        String.valueOf(
            assertThrows(
                    ConfigException.class,
                    () -> NodeConfig.load(Optional.of(missing), Map.of(), Map.of()))
                .getMessage());
    assertTrue(message.contains(missing.toString()), message);
  }

  @Test
  void sizesTakeUnits() throws Exception {
    assertEquals(
        32 << 20,
        load("", Map.of(), data("storage.segment-bytes", "32m"))
            .storage()
            .segments()
            .segmentBytes());
    assertEquals(
        3 << 20,
        load("", Map.of(), data("storage.append-buffer-bytes", "3072k"))
            .storage()
            .segments()
            .bufferBytes());
  }

  @Test
  void theDocumentListsEveryKeyWithItsVariableAndDefault() throws Exception {
    String document = Files.readString(DOCUMENT);
    for (ConfigKey key : ConfigKey.values()) {
      String standard = key.standard().isEmpty() ? "none" : "`" + key.standard() + "`";
      String row = "| `%s` | `%s` | %s |".formatted(key.key(), key.variable(), standard);
      assertTrue(document.contains(row), "docs/configuration.md lacks " + row);
    }
  }
}
