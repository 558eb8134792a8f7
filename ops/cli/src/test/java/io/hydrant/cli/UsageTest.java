package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tired operator types when no server runs. */
class UsageTest {
  @TempDir Path directory;

  @Test
  void nothingAtAllListsTheCommands() {
    Ran ran = Ran.hydrant().failed(ExitCode.USAGE, "which command", "replay", "--help");
    assertTrue(ran.err().lines().count() < 30, ran.err());
  }

  @Test
  void misspelledCommandGetsASuggestion() {
    Ran.hydrant("image", "lst").failed(ExitCode.USAGE, "lst", "image list");
  }

  @Test
  void groupWithoutCommandNamesThem() {
    Ran.hydrant("checkpoint").failed(ExitCode.USAGE, "push, list, show");
  }

  @Test
  void missingArgumentIsNamed() {
    Ran.hydrant("restore", "web-1").failed(ExitCode.USAGE, "FILE");
  }

  @Test
  void malformedAddressIsNamed() {
    Ran.hydrant("info", "--server", "nowhere").failed(ExitCode.USAGE, "--server", "HOST:PORT");
  }

  @Test
  void unknownDurabilityIsNamed() {
    Ran.hydrant("image", "create", "web-1", "--durability", "most")
        .failed(ExitCode.USAGE, "most", "quorum or all");
  }

  @Test
  void malformedRetentionIsNamed() {
    Ran.hydrant("image", "create", "web-1", "--keep-last", "0")
        .failed(ExitCode.USAGE, "1 to 10000");
    Ran.hydrant("image", "create", "web-1", "--keep-for", "10")
        .failed(ExitCode.USAGE, "'10'", "10m");
    Ran.hydrant("image", "create", "web-1", "--keep-every", "10m")
        .failed(ExitCode.USAGE, "'10m'", "1s:10m");
    Ran.hydrant("restore", "web-1", "file", "--checkpoint", "-1").failed(ExitCode.USAGE, "-1");
  }

  @Test
  void malformedQuotaIsNamed() {
    Ran.hydrant("image", "create", "web-1", "--quota", "much")
        .failed(ExitCode.USAGE, "'much'", "10g");
    Ran.hydrant("image", "set-quota", "web-1", "0").failed(ExitCode.USAGE, "'0'", "none");
    Ran.hydrant("image", "set-quota", "web-1").failed(ExitCode.USAGE, "SIZE");
  }

  @Test
  void malformedPageListIsNamed() {
    Ran.hydrant("fetch", "web-1", "--pages", "5-2").failed(ExitCode.USAGE, "5-2", "1,5-9");
  }

  @Test
  void addressBeyondThisMachineNeedsConsent() {
    Ran.hydrant("info", "--server", "192.0.2.1:7070")
        .failed(ExitCode.USAGE, "192.0.2.1", "--insecure");
  }

  @Test
  void serverThatIsDownIsSaidQuickly() throws IOException {
    String address = "127.0.0.1:" + freePort();
    long begin = System.nanoTime();
    Ran.hydrant("image", "list", "--server", address)
        .failed(ExitCode.UNAVAILABLE, address, "hydrant server");
    assertTrue(System.nanoTime() - begin < 10_000_000_000L, "people wait for this");
  }

  @Test
  void optionsMayStandBeforeTheCommand() throws IOException {
    String address = "127.0.0.1:" + freePort();
    Ran.hydrant("--server", address, "image", "list").failed(ExitCode.UNAVAILABLE, address);
  }

  @Test
  void verboseAddsTheStackTrace() throws IOException {
    Ran ran = Ran.hydrant("image", "list", "--verbose", "--server", "127.0.0.1:" + freePort());
    assertTrue(ran.err().contains("\tat "), ran.err());
  }

  @Test
  void missingTraceIsNamed() {
    Ran.hydrant("demo", "--trace", directory.resolve("nothing").toString())
        .failed(ExitCode.BAD_INPUT, "nothing", "trace.json");
  }

  @Test
  void malformedTraceIsNamed() throws IOException {
    Files.writeString(directory.resolve("trace.json"), "{\"format\":");
    Ran.hydrant("demo", "--trace", directory.toString())
        .failed(ExitCode.BAD_INPUT, "trace.json", "offset");
  }

  @Test
  void serverWithoutDataDirectory() {
    Ran.hydrant("server").failed(ExitCode.CONFIGURATION, "--data");
  }

  @Test
  void serverOnADirectoryThatIsAFile() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    Ran.hydrant("server", "--data", file.toString(), "--listen", "127.0.0.1:0")
        .failed(ExitCode.CONFIGURATION, file.toString());
    assertEquals("x", Files.readString(file));
  }

  @Test
  void serverWithUnknownKey() {
    Ran.hydrant(
            "server", "--data", directory.resolve("data").toString(), "--set", "listen.adress=x")
        .failed(ExitCode.CONFIGURATION, "listen.adress", "listen.address");
    assertFalse(Files.exists(directory.resolve("data")));
  }

  @Test
  void serverOnAPortInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Ran.hydrant(
              "server",
              "--data",
              directory.resolve("data").toString(),
              "--listen",
              "127.0.0.1:" + taken.getLocalPort())
          .failed(ExitCode.CONFIGURATION, String.valueOf(taken.getLocalPort()), "--listen");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
