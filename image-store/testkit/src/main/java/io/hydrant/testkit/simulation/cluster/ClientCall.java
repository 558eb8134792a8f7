package io.hydrant.testkit.simulation.cluster;

import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A client's single questions to servers, one at a time: a question or its answer may be lost or
 * late; after a while the client gives up and does not know.
 */
final class ClientCall {
  private static final long PATIENCE_NANOS = 3_000_000_000L;

  private final String client;
  private final Cluster cluster;
  private long number;
  private boolean pending;
  private long sinceNanos;

  ClientCall(String client, Cluster cluster) {
    this.client = client;
    this.cluster = cluster;
  }

  /** What a server does with a question. */
  @FunctionalInterface
  interface Handler<T> {
    CompletableFuture<T> handle(SimulatedMachine machine) throws IOException;
  }

  /** Whether an answer may still come. */
  boolean isPending() {
    if (pending && cluster.nanos() - sinceNanos > PATIENCE_NANOS) {
      pending = false;
      number++;
    }
    return pending;
  }

  /**
   * @param answer hears what came; empty if the server said that it does not know. Not called if
   *     nothing came in time
   */
  <T> void ask(SimulatedMachine machine, Handler<T> handler, Consumer<Optional<T>> answer) {
    pending = true;
    sinceNanos = cluster.nanos();
    long mine = ++number;
    cluster
        .network()
        .sendLate(() -> {
          if (machine.isRunning() && machine.leads() && isOpen(client, machine.name())) {
            SimulationStep.on(
                machine,
                () ->
                    handler
                        .handle(machine)
                        .whenComplete((value, _) ->
                            reply(machine, mine, Optional.ofNullable(value), answer)));
          }
        });
  }

  private <T> void reply(
      SimulatedMachine machine, long mine, Optional<T> value, Consumer<Optional<T>> answer) {
    cluster
        .network()
        .sendLate(() -> {
          if (mine == number && pending && isOpen(machine.name(), client)) {
            pending = false;
            answer.accept(value);
          }
        });
  }

  private boolean isOpen(String from, String to) {
    return cluster.network().isOpen(Plane.CLIENT, from, to);
  }
}
