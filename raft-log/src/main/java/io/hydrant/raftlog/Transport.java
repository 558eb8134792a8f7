package io.hydrant.raftlog;

/**
 * How a replica is reached by the others. Chosen by configuration and not by the number of peers: a
 * group that is to grow begins with one.
 */
public sealed interface Transport {
  Transport NONE = new None();

  /** Nobody connects: no port is opened. Only for a group that stays one. */
  record None() implements Transport {}

  /**
   * @param bindHost what is listened on; the others use {@link Peer#raftAddress}, which may differ
   */
  record Grpc(String bindHost, int bindPort) implements Transport {
    public Grpc {
      if (bindHost.isBlank()) {
        throw new IllegalArgumentException("no host to bind");
      }
      if (bindPort < 1 || bindPort > 65_535) {
        throw new IllegalArgumentException("port " + bindPort + " to bind is not in 1..65535");
      }
    }
  }
}
