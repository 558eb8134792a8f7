package io.hydrant.engine.repair;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.store.ImageStore;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Repairs this replica in bounded steps (PROTOCOL R16). What was done is in the store's account of
 * what is missing and nowhere else, so a repair goes on after a restart where it was. Several
 * threads may step at once: each takes other tracts.
 */
public final class RepairStep {

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
   * @param bytesTotal and those known to be still to fetch
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
  public RepairStep(ImageStore store, Surroundings surroundings, Predicate<CheckpointKey> due) {}

  /**
   * Does a bounded piece of work: compares a few hundred tracts with a source, or fetches a few
   * tracts, makes them durable and visible. Blocks on the source and on the disk; holds no lock
   * meanwhile.
   *
   * @throws IOException if this replica's own disk failed: final
   * @throws io.hydrant.engine.files.DiskFullException if there is no room for what is fetched:
   *     later
   */
  public Progress step() throws IOException {
    return new Progress(Outcome.DONE, 0, 0, 0, 0, 0);
  }
}
