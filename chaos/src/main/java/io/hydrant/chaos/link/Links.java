package io.hydrant.chaos.link;

import io.hydrant.chaos.group.Addresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Every directed link of every plane between the servers. */
public final class Links implements AutoCloseable {
  /** What is carried. */
  public enum Plane {
    /** Page bytes and all else that is ours. */
    PEER,
    /** The replicated log. */
    RAFT
  }

  private record Key(Plane plane, int from, int to) {}

  private final int servers;
  private final Map<Key, Way> ways = new HashMap<>();
  private final Map<Key, LinkProxy> proxies = new HashMap<>();

  /** Opens all; the servers may start from now on. */
  public Links(Addresses addresses) throws IOException {
    this.servers = addresses.servers();
    for (Plane plane : Plane.values()) {
      for (int from = 0; from < servers; from++) {
        for (int to = 0; to < servers; to++) {
          ways.put(new Key(plane, from, to), new Way());
        }
      }
    }
    try {
      for (Key key : ways.keySet()) {
        if (key.from() != key.to()) {
          proxies.put(key, proxy(addresses, key));
        }
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private LinkProxy proxy(Addresses addresses, Key key) throws IOException {
    Addresses.Ports ports = addresses.ports().get(key.to());
    int port =
        switch (key.plane()) {
          case PEER -> ports.peer();
          case RAFT -> ports.raft();
        };
    return new LinkProxy(
        new InetSocketAddress(Addresses.proxyAddress(key.from(), key.to()), port),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        way(key.plane(), key.from(), key.to()),
        way(key.plane(), key.to(), key.from()));
  }

  private Way way(Plane plane, int from, int to) {
    return ways.getOrDefault(new Key(plane, from, to), new Way());
  }

  /** Ends all connections between two servers on a plane, and lets none be made. */
  public void cut(Plane plane, int one, int other) {
    both(plane, one, other).forEach(LinkProxy::cut);
  }

  /** Swallows what one sends to the other; what comes back still comes. */
  public void swallow(Plane plane, int from, int to) {
    way(plane, from, to).close();
  }

  /** Makes every piece of data between two servers late. */
  public void delay(Plane plane, int one, int other, int millis) {
    way(plane, one, other).delay(millis);
    way(plane, other, one).delay(millis);
  }

  /** All is as it should be again. */
  public void heal() {
    ways.values().forEach(Way::heal);
    proxies.values().forEach(LinkProxy::heal);
  }

  private List<LinkProxy> both(Plane plane, int one, int other) {
    List<LinkProxy> found = new ArrayList<>();
    for (Key key : List.of(new Key(plane, one, other), new Key(plane, other, one))) {
      LinkProxy proxy = proxies.get(key);
      if (proxy != null) {
        found.add(proxy);
      }
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    heal();
    for (LinkProxy proxy : proxies.values()) {
      proxy.close();
    }
  }
}
