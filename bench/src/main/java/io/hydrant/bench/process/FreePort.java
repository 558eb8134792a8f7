package io.hydrant.bench.process;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Loopback ports that nobody listens on at the moment, and that no outgoing connection gets by
 * itself: a server that is killed and started again would meet one there sooner or later, and could
 * not listen.
 */
public final class FreePort {
  private static final int FIRST = 10_000;

  /** From here on Linux gives ports to outgoing connections, unless it was told otherwise. */
  static final int EPHEMERAL_FIRST = 32_768;

  private static final int TRIES_MAX = 1_000;

  private FreePort() {}

  public static int choose() throws IOException {
    return choose(1).getFirst();
  }

  /** So many that differ: all are held until the last is found. */
  public static List<Integer> choose(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        held.add(listen());
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  private static ServerSocket listen() throws IOException {
    for (int tried = 0; tried < TRIES_MAX; tried++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, EPHEMERAL_FIRST);
      try {
        return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
      } catch (BindException e) {
        // Somebody has it.
      }
    }
    throw new IOException(
        "no free port among %d between %d and %d".formatted(TRIES_MAX, FIRST, EPHEMERAL_FIRST));
  }
}
