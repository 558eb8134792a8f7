package io.hydrant.chaos.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.chaos.group.Addresses;
import io.hydrant.chaos.link.Links.Plane;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Server 0 talks to server 1, which sends every byte back, each once more increased. */
class LinksTest {
  private static final int ANSWER_MILLIS_MAX = 20_000;
  private static final int SILENCE_MILLIS = 300;

  private final Addresses addresses;
  private final ServerSocket server;
  private final Links links;

  LinksTest() throws IOException {
    addresses = Addresses.choose(2);
    server =
        new ServerSocket(addresses.ports().get(1).peer(), 10, InetAddress.getLoopbackAddress());
    links = new Links(addresses);
  }

  @BeforeEach
  void serve() {
    Thread.ofVirtual()
        .start(() -> {
          while (!server.isClosed()) {
            try {
              Socket client = server.accept();
              Thread.ofVirtual().start(() -> echo(client));
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    links.close();
  }

  private static void echo(Socket client) {
    try (client) {
      for (int read = client.getInputStream().read(); read >= 0; ) {
        client.getOutputStream().write(read + 1);
        read = client.getInputStream().read();
      }
    } catch (IOException e) {
      // The link was cut.
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.connect(
        new InetSocketAddress(Addresses.proxyAddress(0, 1), addresses.ports().get(1).peer()),
        ANSWER_MILLIS_MAX);
    socket.setSoTimeout(ANSWER_MILLIS_MAX);
    return socket;
  }

  private static int ask(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  @Test
  void bytesPass() throws IOException {
    try (Socket socket = connect()) {
      assertEquals(8, ask(socket, 7));
    }
  }

  @Test
  void aCutEndsConnectionsAndLetsNoneBeMadeUntilItHeals() throws IOException {
    try (Socket socket = connect()) {
      assertEquals(2, ask(socket, 1));
      links.cut(Plane.RAFT, 0, 1);
      assertEquals(3, ask(socket, 2), "another plane");
      links.cut(Plane.PEER, 1, 0);
      assertDead(socket);
    }
    try (Socket socket = connect()) {
      assertDead(socket);
    }
    links.heal();
    try (Socket socket = connect()) {
      assertEquals(5, ask(socket, 4));
    }
  }

  private static void assertDead(Socket socket) {
    int answer;
    try {
      answer = ask(socket, 1);
    } catch (IOException e) {
      return; // reset
    }
    assertEquals(-1, answer);
  }

  @Test
  void whatIsSwallowedOnOneWayComesAfterTheHealing() throws IOException {
    try (Socket socket = connect()) {
      assertEquals(2, ask(socket, 1));
      links.swallow(Plane.PEER, 1, 0);
      socket.setSoTimeout(SILENCE_MILLIS);
      assertThrows(SocketTimeoutException.class, () -> ask(socket, 2));
      socket.setSoTimeout(ANSWER_MILLIS_MAX);
      links.heal();
      assertEquals(3, socket.getInputStream().read());
    }
  }

  @Test
  void aDelayIsOneForEveryWay() throws IOException {
    try (Socket socket = connect()) {
      links.delay(Plane.PEER, 0, 1, 50);
      long began = System.nanoTime();
      assertEquals(2, ask(socket, 1));
      assertEquals(true, System.nanoTime() - began >= 90_000_000);
    }
  }
}
