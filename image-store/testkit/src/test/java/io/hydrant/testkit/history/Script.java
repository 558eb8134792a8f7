package io.hydrant.testkit.history;

import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Operation.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Writes histories of one image, "vm", as one reads them. Every call takes the next ten units of
 * time, unless {@link #during} says otherwise for the one that follows.
 */
final class Script {
  static final String IMAGE = "vm";

  private final List<Operation> operations = new ArrayList<>();
  private final int keepLast;
  private long clock;
  private long sessions;
  private Optional<Interval> said = Optional.empty();
  private Optional<Quiet> quiet = Optional.empty();

  Script(int keepLast) {
    this.keepLast = keepLast;
  }

  Script during(long invoked, long returned) {
    said = Optional.of(new Interval(invoked, returned));
    return this;
  }

  private Interval next() {
    Interval interval = said.orElseGet(() -> new Interval(clock, clock + 9));
    said = Optional.empty();
    clock = Math.max(clock + 10, interval.returned() + 1);
    return interval;
  }

  Script acquire(long epoch, long head) {
    return acquire(new Result.Ok<>(new Acquired(epoch, head)), OptionalLong.empty());
  }

  Script acquire(Result<Acquired> result, OptionalLong seen) {
    operations.add(new Acquire("p" + operations.size(), next(), IMAGE, seen, result));
    return this;
  }

  /** An acknowledged checkpoint; its id is its attempt, its index ten times that. */
  Script commit(long epoch, long base, long id) {
    return commit(epoch, base, id, 10 * id);
  }

  Script commit(long epoch, long base, long id, long index) {
    return commit(epoch, base, id, OptionalLong.of(id), new Result.Ok<>(new Committed(id, index)));
  }

  Script unknown(long epoch, long base, long attempt, OptionalLong id) {
    return commit(epoch, base, attempt, id, new Result.Unknown<>());
  }

  Script failed(long epoch, long base, long id, Result.Why why) {
    return commit(epoch, base, id, OptionalLong.of(id), new Result.Failed<>(why));
  }

  private Script commit(
      long epoch, long base, long attempt, OptionalLong id, Result<Committed> result) {
    Base on = base == 0 ? new Base.Nothing() : new Base.Checkpoint(base);
    operations.add(
        new Commit("writer", next(), IMAGE, attempt, epoch, on, content(attempt), id, result));
    return this;
  }

  static String content(long attempt) {
    return "memory-" + attempt;
  }

  Script head(long epoch, long id, long index) {
    operations.add(
        new ReadHead("reader", next(), IMAGE, new Result.Ok<>(new Head(epoch, id, index))));
    return this;
  }

  /** Rows under epoch 1, each on the one before. */
  Script list(long... ids) {
    List<Listed> rows = new ArrayList<>();
    for (long id : ids) {
      rows.add(new Listed(id, 1, id - 1));
    }
    operations.add(new ListAll("reader", next(), IMAGE, new Result.Ok<>(rows)));
    return this;
  }

  Script pin(long checkpoint) {
    operations.add(
        new Pin(
            "restorer",
            next(),
            IMAGE,
            ++sessions,
            OptionalLong.empty(),
            new Result.Ok<>(checkpoint)));
    return this;
  }

  Script pinRefused(long checkpoint, Result.Why why) {
    operations.add(
        new Pin(
            "restorer",
            next(),
            IMAGE,
            ++sessions,
            OptionalLong.of(checkpoint),
            new Result.Failed<>(why)));
    return this;
  }

  /** In the session of the last pin. */
  Script restore(Result<String> result) {
    operations.add(new Restore("restorer", next(), IMAGE, sessions, result));
    return this;
  }

  Script restore(long attempt) {
    return restore(new Result.Ok<>(content(attempt)));
  }

  Script quiet(long end, Map<String, Long> holdMarks) {
    quiet = Optional.of(new Quiet(end, new TreeMap<>(holdMarks)));
    return this;
  }

  List<Violation> check() {
    return HistoryChecker.check(new History(Map.of(IMAGE, keepLast), operations, quiet));
  }
}
