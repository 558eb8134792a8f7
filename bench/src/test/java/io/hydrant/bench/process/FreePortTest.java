package io.hydrant.bench.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreePortTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @Test
  void portsDifferAndAreNoneThatConnectionsGet() throws Exception {
    List<Integer> ports = FreePort.choose(20);
    assertEquals(20, new HashSet<>(ports).size());
    assertTrue(ports.stream().allMatch(port -> port < FreePort.EPHEMERAL_FIRST), ports::toString);
    for (int port : ports) {
      new ServerSocket(port, 1, LOOPBACK).close();
    }
  }

  /** Why they must not be: nobody can listen where a connection of anybody began. */
  @Test
  void aConnectionKeepsItsOwnPortFromServers() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
        Socket connection = new Socket(LOOPBACK, server.getLocalPort())) {
      int port = connection.getLocalPort();
      assertThrows(BindException.class, () -> new ServerSocket(port, 1, LOOPBACK).close());
    }
  }
}
