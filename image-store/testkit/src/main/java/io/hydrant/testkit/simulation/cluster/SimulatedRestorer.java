package io.hydrant.testkit.simulation.cluster;

import static io.hydrant.testkit.simulation.cluster.ClusterModel.require;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Who restores: pins a checkpoint, reads it from whichever machine, renews and lets go. As long as
 * the log keeps its session, nothing of it may be gone, on no machine that has applied it.
 */
final class SimulatedRestorer {
  private static final int LEASE_MILLIS = 60_000;

  private final Cluster cluster;
  private final ClusterReader reader;
  private final SplittableRandom random;
  private final ClientCall call;
  private final ImageId image;
  private Outcome.@Nullable Pinned pinned;

  SimulatedRestorer(
      String name, Cluster cluster, ClusterReader reader, ImageId image, SplittableRandom random) {
    this.cluster = cluster;
    this.reader = reader;
    this.random = random;
    this.image = image;
    this.call = new ClientCall(name, cluster);
  }

  /**
   * @param machine that it reads from, if it reads
   */
  void step(SimulatedMachine machine) throws IOException {
    if (call.isPending()) {
      return;
    }
    Outcome.Pinned session = pinned;
    if (session == null) {
      pin();
      return;
    }
    switch (random.nextInt(12)) {
      case 0 -> propose(new Command.Unpin(session.session(), Optional.empty()), Schedule.UNPIN);
      case 1 -> propose(new Command.Renew(session.session()), Schedule.RENEW);
      default -> read(machine, session);
    }
  }

  private void pin() {
    ModelImage known = cluster.model().images().get(image.value());
    Optional<CheckpointId> which = Optional.empty();
    if (known != null && !known.committed.isEmpty() && random.nextBoolean()) {
      List<Long> ids = List.copyOf(known.committed.keySet());
      which = Optional.of(new CheckpointId(ids.get(random.nextInt(ids.size()))));
    }
    propose(new Command.Pin(image, which, LEASE_MILLIS), Schedule.PIN);
  }

  private void propose(Command command, Schedule schedule) {
    cluster
        .leader()
        .ifPresent(leader ->
            call.ask(
                leader,
                at -> at.propose(command),
                answer -> {
                  cluster.coverage().count(schedule);
                  answer.ifPresent(this::answered);
                }));
  }

  private void answered(Outcome outcome) {
    switch (outcome) {
      case Outcome.Pinned now -> pinned = now;
      case Outcome.Unpinned _, Outcome.Rejected _ -> pinned = null;
      default -> {}
    }
  }

  /** What the server does with a token: it has applied the pin, or is behind. */
  private void read(SimulatedMachine machine, Outcome.Pinned session) throws IOException {
    if (machine.store().applied().index() < session.session().value()) {
      cluster.coverage().count(Schedule.READ_BEHIND);
      return;
    }
    CheckpointKey key = session.key();
    try {
      ReadPoint point = machine.store().readPoint(session.session());
      ClusterReader.Seen seen = reader.read(machine, point);
      cluster.coverage().count(seen.isWhole() ? Schedule.READ_HERE : Schedule.READ_NOT_HERE);
    } catch (Refusal e) {
      // Somebody ended it, by an entry.
      boolean over =
          machine.store().catalog().session(session.session()).isEmpty()
              && cluster.model().pinned(key.image().value(), session.session().value()).isEmpty();
      require(
          e.rejection() == Rejection.UNKNOWN_SESSION && over,
          "%s: a session on %s is refused: %s",
          machine.name(),
          key,
          e.getMessage());
      pinned = null;
    }
  }
}
