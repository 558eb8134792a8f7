package io.hydrant.node;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.Joining;
import io.hydrant.node.cluster.Replacement;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.housekeeping.HousekeepingLoop;
import io.hydrant.node.housekeeping.SnapshotNudge;
import io.hydrant.node.replication.CountedProposals;
import io.hydrant.node.replication.CountingLock;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Proposals;
import io.hydrant.peer.v1.HelloRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Puts the replacement of members together, and what it needs of whoever proposes commits. */
record ReplacementWiring(
    NodeIdentity identity, HelloRequest self, FailStop failStop, ClosingOrder closing) {
  /**
   * What was made.
   *
   * @param proposals the log, for everybody
   */
  record Made(Replacement replacement, Joining joining, Proposals proposals) {}

  Made make(GroupWiring.Member member, Catalog catalog, Supplier<Map<String, InventoryView>> seen) {
    ClusterView view = member.group().view().orElseThrow();
    Proposals log = member.group().proposals();
    CountingLock counting = new CountingLock();
    Replacement replacement =
        new Replacement(
            new Replacement.Parts(
                identity.node(),
                member.log(),
                seen,
                () -> barrier(log),
                () -> log.propose(SnapshotNudge.HARMLESS),
                counting::recount));
    member.keeper().expect(replacement::expected);
    closing.add(HousekeepingLoop.start("hydrant-cluster", List.of(replacement::step), failStop));
    return new Made(
        replacement,
        new Joining(self, view, replacement),
        new CountedProposals(
            log,
            replacement::counting,
            image -> catalog.image(image).map(ImageState::durability).orElse(Durability.QUORUM),
            counting));
  }

  private static CompletableFuture<Long> barrier(Proposals log) {
    return log.propose(new Command.DigestAt())
        .thenApply(outcome -> {
          if (outcome instanceof Outcome.DigestAsked asked) {
            return asked.index();
          }
          throw new IllegalStateException("outcome does not fit a DigestAt: " + outcome);
        });
  }
}
