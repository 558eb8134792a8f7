package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.Voters;
import io.hydrant.raftlog.LogBusyException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Lets a commit into the log only while the holders that it names are enough, by the voters that
 * count at that very moment (PROTOCOL R17). Without this, one whose holders were counted by the old
 * voters could get into the log behind the barrier of a replacement, where both sets are taken to
 * be counted.
 */
public final class CountedProposals implements Proposals {
  private final Proposals log;
  private final Supplier<Voters> voters;
  private final Function<ImageId, Durability> durability;
  private final CountingLock lock;

  /**
   * @param voters whose word counts now
   * @param durability of an image
   */
  public CountedProposals(
      Proposals log,
      Supplier<Voters> voters,
      Function<ImageId, Durability> durability,
      CountingLock lock) {
    this.log = log;
    this.voters = voters;
    this.durability = durability;
    this.lock = lock;
  }

  @Override
  public CompletableFuture<Outcome> propose(Command command, RequestId request) {
    return command instanceof Command.Commit commit
        ? lock.counted(() -> proposeCounted(commit, request))
        : log.propose(command, request);
  }

  private CompletableFuture<Outcome> proposeCounted(Command.Commit commit, RequestId request) {
    Voters counted = voters.get();
    Set<String> holders = new HashSet<>(commit.holders());
    boolean enough =
        switch (durability.apply(commit.key().image())) {
          case QUORUM -> counted.isMajority(holders);
          case ALL -> counted.isAll(holders);
        };
    return enough
        ? log.propose(commit, request)
        : CompletableFuture.failedFuture(
            new LogBusyException(
                "the members of the group are being changed, and too few of %s and %s hold %s: commit it again"
                    .formatted(counted.voters(), counted.alsoNeeded(), commit.key())));
  }

  @Override
  public CompletableFuture<Long> current() {
    return log.current();
  }

  @Override
  public boolean leads() {
    return log.leads();
  }
}
