package io.hydrant.node.peer;

import io.hydrant.engine.replica.DigestReport;
import io.hydrant.engine.replica.DriftCheck;
import io.hydrant.engine.replica.DriftCheck.Drift;
import io.hydrant.engine.replica.DriftCheck.Verdict;
import io.hydrant.engine.replica.Voters;
import io.hydrant.node.cluster.MemberNews;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what the members hash of themselves (PROTOCOL R24). Every member does, and so the odd
 * one out finds out by itself, whoever leads. Safe for use by many threads.
 */
final class DriftWatch {
  private static final Logger LOG = LoggerFactory.getLogger(DriftWatch.class);

  private final String self;
  private final Digests own;
  private final Supplier<Voters> voters;
  private final MemberNews news;
  private final Map<String, DigestReport> heard = new HashMap<>();
  private boolean changed;
  private long ownIndex;
  private Optional<Verdict> last = Optional.empty();

  DriftWatch(String self, Digests own, Supplier<Voters> voters, MemberNews news) {
    this.self = self;
    this.own = own;
    this.voters = voters;
    this.news = news;
  }

  /** A member said so. */
  synchronized void heard(String node, DigestReport report) {
    changed |= !report.equals(heard.put(node, report));
  }

  /** From time to time: compares if there is something new. */
  void step() {
    Optional<DigestReport> mine = own.last();
    if (mine.isPresent()) {
      judge(mine.get()).ifPresent(this::tell);
    }
  }

  /** Empty if there is nothing new to say. */
  private synchronized Optional<Verdict> judge(DigestReport mine) {
    if (!changed && mine.index() == ownIndex) {
      return Optional.empty();
    }
    changed = false;
    ownIndex = mine.index();
    Optional<Verdict> verdict = Optional.of(DriftCheck.judge(self, mine, heard, voters.get()));
    if (verdict.equals(last)) {
      return Optional.empty();
    }
    last = verdict;
    return verdict;
  }

  private void tell(Verdict verdict) {
    news.judged(verdict);
    verdict
        .odd()
        .forEach((node, drift) ->
            LOG.error("as of entry {} {} has drifted: {}", verdict.index(), node, what(drift)));
    if (!verdict.disputed().isNothing()) {
      LOG.error(
          "as of entry {} the replicas differ, and no majority agrees: {}",
          verdict.index(),
          what(verdict.disputed()));
    }
    Drift mine = verdict.odd().get(self);
    if (mine != null) {
      own.drifted(mine, verdict.index());
    }
  }

  private static String what(Drift drift) {
    return (drift.catalog() ? "the catalog differs, " : "")
        + "the maps of %d images differ: %s".formatted(drift.images().size(), drift.images());
  }
}
