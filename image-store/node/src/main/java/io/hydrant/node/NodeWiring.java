package io.hydrant.node;

import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.CallExecutors;
import io.hydrant.node.api.ClusterService;
import io.hydrant.node.api.ServerService;
import io.hydrant.node.api.WaitingService;
import io.hydrant.node.cluster.Founding;
import io.hydrant.node.cluster.Introduction;
import io.hydrant.node.cluster.PeerCalls;
import io.hydrant.node.cluster.PeerDoor;
import io.hydrant.node.cluster.WaitingNode;
import io.hydrant.node.config.ClusterConfig;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.data.BlankDirectory;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.data.OpenedDirectory;
import io.hydrant.node.replication.FailStop;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The one place where the parts are put together, from the disk up, and taken apart again.
 *
 * <pre>
 * directory                    becomes
 * of a group of one            a server that leads when it serves
 * of one of several            greets the others, takes part, serves
 * blank, with cluster.join     waits on its ports; when it was adopted, goes on as one of several
 * </pre>
 */
final class NodeWiring implements AutoCloseable {
  private final NodeConfig config;
  private final FailStop failStop;
  private final ClosingOrder closing = new ClosingOrder();
  private final SecureRandom random = new SecureRandom();
  private final long life = random.nextLong();
  private final ServiceSwitch services = new ServiceSwitch();
  private final ServiceSwitch peerServices = new ServiceSwitch();
  private Optional<GrpcEndpoint> endpoint = Optional.empty();
  private Optional<PeerEndpoint> peerEndpoint = Optional.empty();
  private Optional<ServeWiring.Served> served = Optional.empty();
  private boolean closed;

  private NodeWiring(NodeConfig config, FailStop failStop) {
    this.config = config;
    this.failStop = failStop;
  }

  /** Starts a node; it serves when this returns, or waits on its ports. */
  static NodeWiring start(NodeConfig config, FailStop failStop) throws IOException {
    NodeWiring wiring = new NodeWiring(config, failStop);
    try {
      wiring.start();
      return wiring;
    } catch (IOException | RuntimeException e) {
      try {
        wiring.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private synchronized void start() throws IOException {
    OpenedDirectory opened =
        closing.add(
            config.cluster().join()
                ? DataDirectory.openToJoin(config.dataDirectory(), random)
                : DataDirectory.open(config.dataDirectory(), random));
    switch (opened) {
      case BlankDirectory blank -> await(blank);
      case DataDirectory data -> {
        if (data.identity().adoption().isEmpty()) {
          alone(data);
        } else {
          config.cluster().requireFixed();
          CallExecutors executors = closing.add(new CallExecutors(config.threads()));
          PeerCalls calls = closing.add(new PeerCalls());
          bindPeers(executors);
          member(data, hello(data.identity().node()), executors, calls);
        }
      }
    }
  }

  /** Where clients are served. */
  synchronized int port() {
    return endpoint.orElseThrow(() -> new IllegalStateException("not started")).port();
  }

  private void alone(DataDirectory data) throws IOException {
    CallExecutors executors = closing.add(new CallExecutors(config.threads()));
    serve(replica(data, executors).alone());
    bindClients(executors);
  }

  private void member(
      DataDirectory data, HelloRequest blank, CallExecutors executors, PeerCalls calls)
      throws IOException {
    HelloRequest self = Introduction.of(blank, data.identity().known());
    serve(
        replica(data, executors)
            .member(
                new GroupWiring.Surroundings(
                    config.cluster(), config.log(), self, calls, peerServices),
                new Founding(() -> self),
                virtualThreads()));
    if (endpoint.isEmpty()) {
      bindClients(executors);
    }
  }

  private ReplicaWiring replica(DataDirectory data, CallExecutors executors) {
    return new ReplicaWiring(config, data, executors, failStop, random, closing);
  }

  private void serve(ServeWiring.Served serving) {
    served = Optional.of(serving);
    services.offer(serving.services());
  }

  private void await(BlankDirectory blank) throws IOException {
    CallExecutors executors = closing.add(new CallExecutors(config.threads()));
    PeerCalls calls = closing.add(new PeerCalls());
    HelloRequest self = hello(blank.node());
    WaitingNode waiting = new WaitingNode(blank, self, random);
    peerServices.offer(List.of(PeerDoor.definition(waiting)));
    services.offer(
        ServiceSwitch.definitions(
            List.of(
                new WaitingService(waiting::self),
                ClusterService.waiting(new Founding(waiting::self), virtualThreads()))),
        () -> ApiErrors.status(Reason.REASON_NOT_INITIALISED, WaitingService.WHAT_TO_DO));
    bindPeers(executors);
    bindClients(executors);
    waiting
        .adopted()
        .thenAccept(data ->
            Thread.ofPlatform()
                .name("hydrant-cluster")
                .start(() -> goOn(data, self, executors, calls)));
  }

  private synchronized void goOn(
      DataDirectory data, HelloRequest self, CallExecutors executors, PeerCalls calls) {
    closing.add(data);
    if (closed) {
      closeQuietly(data);
      return;
    }
    try {
      member(data, self, executors, calls);
    } catch (IOException | RuntimeException e) {
      failStop.stop("this node was made part of a cluster, but cannot start as such", e);
    }
  }

  private void closeQuietly(DataDirectory data) {
    try {
      data.close();
    } catch (IOException e) {
      failStop.stop("releasing the data directory failed", e);
    }
  }

  private HelloRequest hello(String node) {
    ClusterConfig cluster = config.cluster();
    return Introduction.blank(
        new MemberAddress(
            node,
            cluster.advertised(cluster.publicAddress()),
            cluster.advertised(cluster.peer()),
            cluster.advertised(cluster.raft())),
        life,
        ServerService.version());
  }

  private void bindPeers(CallExecutors executors) throws IOException {
    peerEndpoint =
        Optional.of(
            closing.add(
                PeerEndpoint.start(config.cluster().peer(), peerServices, executors.api())));
  }

  private void bindClients(CallExecutors executors) throws IOException {
    endpoint = Optional.of(closing.add(GrpcEndpoint.start(config.listen(), executors, services)));
  }

  /** For the few calls that wait for other nodes. */
  private static Executor virtualThreads() {
    return task -> Thread.ofVirtual().name("hydrant-founding").start(task);
  }

  /** Stops in order: no more calls, streams end, a last snapshot, all files closed. */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    endpoint.ifPresent(GrpcEndpoint::drain);
    served.ifPresent(ServeWiring.Served::shutDown);
    try {
      // Opened before the store where the node had waited, and yet closed before it.
      if (endpoint.isPresent()) {
        endpoint.get().close();
      }
      if (peerEndpoint.isPresent()) {
        peerEndpoint.get().close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closing.close();
    }
  }
}
