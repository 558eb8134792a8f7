package io.hydrant.chaos.group;

import io.hydrant.bench.process.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the servers listen, and the names by which others reach them.
 *
 * <p>Every server tells the others a name, and every process has a hosts file of its own for the
 * names: so what one server sends to another can be led through a proxy of that pair, though all of
 * them are on this machine and no privileges are needed.
 *
 * @param ports by server: public, peer, Raft
 */
public record Addresses(List<Ports> ports) {
  private static final int PORTS = 3;

  /** Of one server. */
  public record Ports(int client, int peer, int raft) {}

  /** Chooses ports that are free now, and stay so while a server is down. */
  public static Addresses choose(int servers) throws IOException {
    List<Integer> free = FreePort.choose(PORTS * servers);
    List<Ports> chosen = new ArrayList<>();
    for (int first = 0; first < free.size(); first += PORTS) {
      chosen.add(new Ports(free.get(first), free.get(first + 1), free.get(first + 2)));
    }
    return new Addresses(chosen);
  }

  public int servers() {
    return ports.size();
  }

  /** Short name of a server, for messages and file names. */
  public static String name(int server) {
    return "n" + (server + 1);
  }

  /** The name that a server tells the others. */
  public static String host(int server) {
    return name(server) + ".hydrant.internal";
  }

  /** Where the proxy of a directed pair of servers listens. */
  public static String proxyAddress(int from, int to) {
    return "127.77.%d.%d".formatted(from + 1, to + 1);
  }

  /** HOST:PORT of the servers' public ports, with commas between. */
  public String clientEndpoints() {
    List<String> endpoints = new ArrayList<>();
    for (int server = 0; server < servers(); server++) {
      endpoints.add(host(server) + ":" + ports.get(server).client());
    }
    return String.join(",", endpoints);
  }

  /** HOST:PORT of a server's peer port. */
  public String peerAddress(int server) {
    return host(server) + ":" + ports.get(server).peer();
  }

  /** The hosts file for clients: straight to every server. */
  public void writeClientHosts(Path file) throws IOException {
    StringBuilder lines = new StringBuilder("127.0.0.1 localhost\n");
    for (int server = 0; server < servers(); server++) {
      lines.append("127.0.0.1 ").append(host(server)).append('\n');
    }
    Files.writeString(file, lines);
  }

  /** The hosts file of a server: through the proxies to the others. */
  public void writeServerHosts(int server, Path file) throws IOException {
    StringBuilder lines = new StringBuilder("127.0.0.1 localhost\n");
    for (int other = 0; other < servers(); other++) {
      String address = other == server ? "127.0.0.1" : proxyAddress(server, other);
      lines.append(address).append(' ').append(host(other)).append('\n');
    }
    Files.writeString(file, lines);
  }
}
