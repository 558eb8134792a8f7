package io.hydrant.testkit.simulation.cluster;

import io.hydrant.testkit.simulation.cluster.ServedStream.Answer;
import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A stream between a protector and a server: in order both ways, until it breaks. */
final class ClientStream {
  private static final long PATIENCE_NANOS = 4_000_000_000L;

  private final String client;
  private final Cluster cluster;
  private final SimulatedMachine machine;
  private final ServedStream served;
  private final ArrayDeque<Request> requests = new ArrayDeque<>();
  private final ArrayDeque<Answer> answers = new ArrayDeque<>();
  private long movedNanos;

  /** What the server does with a message. */
  @FunctionalInterface
  interface Request {
    void handle(ServedStream stream) throws IOException;
  }

  ClientStream(String client, Cluster cluster, SimulatedMachine machine) {
    this.client = client;
    this.cluster = cluster;
    this.machine = machine;
    this.served = new ServedStream(machine, machine.leader(), answers::add);
    this.movedNanos = cluster.nanos();
  }

  void request(Request request) {
    requests.add(request);
  }

  boolean isOpenForMore() {
    return !machine.isUp() || !machine.leads() || machine.leader().isOpenForMore();
  }

  void deliverRequest() {
    if (!requests.isEmpty()
        && machine.isRunning()
        && cluster.network().isOpen(Plane.CLIENT, client, machine.name())) {
      Request request = requests.remove();
      movedNanos = cluster.nanos();
      SimulationStep.on(machine, () -> request.handle(served));
    }
  }

  @Nullable Answer nextAnswer() {
    if (!answers.isEmpty() && cluster.network().isOpen(Plane.CLIENT, machine.name(), client)) {
      movedNanos = cluster.nanos();
      return answers.remove();
    }
    return null;
  }

  /** Whether nothing has moved for so long that the client gives it up. */
  boolean isStuck() {
    return cluster.nanos() - movedNanos > PATIENCE_NANOS;
  }

  /** The client ends it; some of what it has sent may still be handled. */
  void hangUp() {
    int more = requests.isEmpty() ? 0 : cluster.random().nextInt(requests.size() + 1);
    for (int i = 0; i < more && machine.isRunning(); i++) {
      deliverRequest();
    }
    requests.clear();
    served.broken();
  }
}
