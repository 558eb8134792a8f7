package io.hydrant.client;

import io.grpc.ManagedChannel;

/**
 * One server of the group and its two connections, which are made when they are first used.
 *
 * @param bulk checkpoints, prefetch and unary calls; runs callbacks on its own threads
 * @param demand page faults only, so that they never wait behind bulk bytes in a socket
 */
record Member(Endpoint endpoint, ManagedChannel bulk, ManagedChannel demand) {

  /** Has the connections try at once instead of after their own, longer backoff. */
  void connectSoon() {
    bulk.resetConnectBackoff();
    demand.resetConnectBackoff();
  }

  @Override
  public String toString() {
    return endpoint.toString();
  }
}
