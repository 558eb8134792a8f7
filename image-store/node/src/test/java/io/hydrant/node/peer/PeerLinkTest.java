package io.hydrant.node.peer;

import io.hydrant.node.Draft;
import io.hydrant.node.ingest.StagedGroup;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections that lead nowhere. */
@Timeout(60)
final class PeerLinkTest {
  @TempDir private Path directory;

  /** As of a host that lost its power with the connection half made: no reset ever comes. */
  @Test
  void aMemberThatTookTheConnectionAndNeverSpokeIsReachedOverANewOne() throws Exception {
    try (TestGroup group = new TestGroup(directory)) {
      group.n3.start(TestNode.patient());
      try (FirstInVain path = new FirstInVain(group.n3.port())) {
        group.n3.reachedAt = path.port();
        group.n1.start(TestNode.patient());
        group.n1.plane().leadershipChanged(true);
        StagedGroup staged = group.n1.plane().staging().staged(group.open(), group.epoch);
        group.batch(staged, new Draft(TestGroup.PAGES).raw(1, 0, 1, 2));
        TestGroup.await("n1 feeds n3", () -> group.n3.arrived.get() == 1);
      }
    }
  }

  /** Leads to a port, but for the first connection, which is taken and never used. */
  private static final class FirstInVain implements AutoCloseable {
    private final ServerSocket listening =
        new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    FirstInVain(int target) throws IOException {
      this.target = target;
      Thread.ofVirtual().start(this::run);
    }

    int port() {
      return listening.getLocalPort();
    }

    private void run() {
      try {
        sockets.add(listening.accept());
        while (true) {
          Socket from = listening.accept();
          Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
          sockets.addAll(List.of(from, to));
          Thread.ofVirtual().start(() -> pass(from, to));
          Thread.ofVirtual().start(() -> pass(to, from));
        }
      } catch (IOException e) {
        // Closed: the test is over.
      }
    }

    private static void pass(Socket from, Socket to) {
      try (InputStream in = from.getInputStream();
          OutputStream out = to.getOutputStream()) {
        in.transferTo(out);
      } catch (IOException e) {
        // One side is gone, and so is the other.
      }
    }

    @Override
    public void close() throws IOException {
      listening.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }
}
