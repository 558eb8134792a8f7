package io.hydrant.chaos.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Leads the connections that one server opens to one port of another, so that they can be cut. One
 * virtual thread a direction of a connection.
 */
final class LinkProxy implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  private final ServerSocketChannel listener;
  private final InetSocketAddress target;
  private final Way there;
  private final Way back;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  /**
   * @param address where the one server looks for the other
   * @param target the other's true port
   * @param there of bytes from the one that connects
   * @param back of bytes from the other
   */
  LinkProxy(InetSocketAddress address, InetSocketAddress target, Way there, Way back)
      throws IOException {
    this.target = target;
    this.there = there;
    this.back = back;
    this.listener = ServerSocketChannel.open().bind(address);
    Thread.ofVirtual().name("link " + address).start(this::accept);
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel client = listener.accept();
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException e) {
        // Closed, or the connection was given up meanwhile.
      }
    }
  }

  private void connect(SocketChannel client) {
    open.add(client);
    @Nullable SocketChannel server = null;
    try {
      if (!cut) {
        there.pass();
        server = SocketChannel.open(target);
        open.add(server);
        client.socket().setTcpNoDelay(true);
        server.socket().setTcpNoDelay(true);
      }
      if (server == null || cut) {
        end(client, server);
        return;
      }
    } catch (IOException e) {
      end(client, server);
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(client, server);
      return;
    }
    SocketChannel to = server;
    Thread.ofVirtual().start(() -> copy(client, to, there));
    Thread.ofVirtual().start(() -> copy(to, client, back));
  }

  private void copy(SocketChannel from, SocketChannel to, Way way) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    try {
      while (from.read(buffer.clear()) >= 0) {
        way.pass();
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
    } catch (ClosedChannelException e) {
      // Cut, or ended by the other direction.
    } catch (IOException e) {
      // Reset by one of the two: the other is to see the same.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end(from, to);
    }
  }

  private void end(SocketChannel one, @Nullable SocketChannel other) {
    close(one);
    open.remove(one);
    if (other != null) {
      close(other);
      open.remove(other);
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more either way.
    }
  }

  /** Ends all connections, and every new one at once. */
  void cut() {
    cut = true;
    open.forEach(LinkProxy::close);
  }

  void heal() {
    cut = false;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
