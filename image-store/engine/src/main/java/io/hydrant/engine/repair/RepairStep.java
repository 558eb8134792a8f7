package io.hydrant.engine.repair;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.RepairPlan.Task;
import io.hydrant.engine.repair.RepairRounds.Claim;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.store.ImageStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Repairs this replica in bounded steps (PROTOCOL R16). What was done is in the store's account of
 * what is missing and nowhere else, so a repair goes on after a restart where it was. Several
 * threads may step at once: each takes other tracts.
 *
 * <pre>
 * list      asks a source for the tracts of one checkpoint that are lacking here
 * compare   tracts whose own digest equals the source's are here: proven without a byte
 * fetch     the others: the rows, then the pages that differ; appended, synced, merged, proven
 * slim      the slim state, in the same way
 * </pre>
 *
 * A source that refuses is passed over, and the next one is asked for what is left.
 */
public final class RepairStep {
  /**
   * A list, a comparison that finds nothing equal, and what is fetched then: so that every step
   * leaves something that a restart finds again, if the source gives it.
   */
  private static final int CLAIMS_MAX = 3;

  private final RepairRounds rounds;
  private final TractFetch fetch;

  /** What the repair asks of its surroundings; any thread. */
  public interface Surroundings {
    /**
     * Whom to ask, the best first: those that can be reached now.
     *
     * @param urgency of what is asked for
     */
    List<RepairSource> sources(CheckpointKey asOf, RepairPlan.Urgency urgency);

    /** What the other replicas said of themselves last. */
    Collection<InventoryView> others();
  }

  /** What came of a step. */
  public enum Outcome {
    /** Something was done, and there may be more. */
    WORKED,
    /** Something is lacking that no source could give now, or another thread is at: later. */
    WAITS,
    /** Nothing is lacking. */
    DONE
  }

  /**
   * @param fetchedBytes page and slim bytes that this step fetched: what a rate is limited by
   * @param tractsDone proven or repaired since there was nothing to do last; a tract counts once
   *     for each checkpoint as of which it was lacking
   * @param tractsTotal and those that are still lacking, as known now
   * @param bytesDone fetched since there was nothing to do last
   * @param bytesTotal and those known to be still to fetch: of the lists that are being worked on
   */
  public record Progress(
      Outcome outcome,
      long fetchedBytes,
      long tractsDone,
      long tractsTotal,
      long bytesDone,
      long bytesTotal) {}

  /**
   * @param due of a checkpoint that is not wholly here, whether to repair it now: its bytes may be
   *     on their way from the leader
   */
  public RepairStep(ImageStore store, Surroundings surroundings, Predicate<CheckpointKey> due) {
    this.rounds = new RepairRounds(store, surroundings, due);
    this.fetch = new TractFetch(store);
  }

  /**
   * Does a bounded piece of work: asks for a list, compares a few hundred tracts, or fetches a few,
   * makes them durable and visible. Blocks on the source and on the disk; holds no lock meanwhile.
   *
   * @throws IOException if this replica's own disk failed: final
   * @throws io.hydrant.engine.files.DiskFullException if there is no room for what is fetched:
   *     later
   */
  public Progress step() throws IOException {
    long bytes = 0;
    Claim claim = new Claim.Nothing(Outcome.WAITS);
    for (int claims = 0; claims < CLAIMS_MAX; claims++) {
      claim = claim();
      TractFetch.Result result = carryOut(claim);
      bytes += result.bytes();
      if (result.done() > 0 || claim instanceof Claim.Nothing) {
        break;
      }
    }
    return rounds.progress(claim, bytes);
  }

  private Claim claim() throws IOException {
    try {
      return rounds.claim();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private TractFetch.Result carryOut(Claim claim) throws IOException {
    TractFetch.Result result = TractFetch.Result.NOTHING;
    try {
      result =
          switch (claim) {
            case Claim.Nothing _ -> result;
            case Claim.List list -> fetch.list(list);
            case Claim.Compare compare -> fetch.compare(compare);
            case Claim.Fetch tracts -> fetch.fetch(tracts);
            case Claim.Slim slim -> fetch.slim(slim);
          };
    } finally {
      rounds.settle(claim, result);
    }
    return result;
  }

  /**
   * What no source gave when it was asked last: each of them refused, or there is none. If all
   * voters were asked, it is lost.
   */
  public List<Task> stuck() {
    return rounds.stuck();
  }
}
