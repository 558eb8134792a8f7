package io.hydrant.chaos.load;

import io.hydrant.testkit.history.Base;
import io.hydrant.testkit.history.HistoryFile;
import io.hydrant.testkit.history.Interval;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Result;
import java.util.OptionalLong;

/**
 * What is known of an attempt before its outcome.
 *
 * @param process that sends it
 * @param invoked when it began to
 */
record Draft(
    HistoryFile history,
    String image,
    String process,
    long epoch,
    long attempt,
    Guest.State state,
    Base base,
    long invoked) {
  /**
   * Its commit is about to be asked for: from then on others may see it, before its outcome is
   * known here.
   *
   * @param id if it was heard
   */
  void begun(OptionalLong id) {
    history.begun(commit(Load.open(invoked), id, new Result.Unknown<>()));
  }

  /**
   * Has its outcome.
   *
   * @param id the last one heard
   */
  void add(OptionalLong id, Result<Committed> result) {
    history.add(commit(Load.since(invoked), id, result));
  }

  private Commit commit(Interval during, OptionalLong id, Result<Committed> result) {
    return new Commit(process, during, image, attempt, epoch, base, state.content(), id, result);
  }
}
