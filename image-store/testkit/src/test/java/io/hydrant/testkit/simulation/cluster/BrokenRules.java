package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.CatalogRules;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.replica.ReplacementCheck;
import io.hydrant.engine.replica.ReplacementRule;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.replica.Voters;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** PROTOCOL's rules, one at a time not kept. */
enum BrokenRules implements ClusterRules {
  /** An Open leaves other attempts open: one that was given up may come true. */
  R3 {
    @Override
    public CatalogRules catalog() {
      return new CatalogRules() {
        @Override
        public SortedSet<CheckpointId> endedByOpen(SortedSet<CheckpointId> beside) {
          return new TreeSet<>();
        }
      };
    }
  },

  /** A Commit is not asked again whether it may, and on what. */
  R4 {
    @Override
    public CatalogRules catalog() {
      return new CatalogRules() {
        @Override
        public boolean mayCommit(Epoch proposed, Epoch current) {
          return true;
        }

        @Override
        public boolean mayFollow(CheckpointInfo open, Optional<CheckpointId> head) {
          return true;
        }
      };
    }
  },

  /** What was taken counts as held. */
  R7 {
    @Override
    public Statement heard(Statement statement, long available, Command.@Nullable Content claimed) {
      boolean all =
          claimed != null
              && statement.says() instanceof Says.Took took
              && took.nextSequence() >= available;
      return all && claimed != null
          ? new Statement(statement.key(), statement.peer(), new Says.Holds(claimed.digest()))
          : statement;
    }
  },

  /** What was staged dies with the process. */
  R9 {
    @Override
    public PageIndex index(PageIndex index) {
      return new Forgetful(index, IndexKeys.state("staged"));
    }
  },

  /** What is missing is forgotten with the process. */
  R10 {
    @Override
    public PageIndex index(PageIndex index) {
      return new Forgetful(index, IndexKeys.state("missing"));
    }
  },

  /** A recycled segment's life is that of the one before. */
  R12 {
    @Override
    public RandomGenerator lives(RandomGenerator lives) {
      return () -> 42L;
    }
  },

  /** A flush is not atomic: the position is there before the maps. */
  R14 {
    @Override
    public PageIndex index(PageIndex index) {
      return new InTwoParts(index);
    }
  },

  /** A joiner votes as soon as it has the log; nobody asks for its pages. */
  R17 {
    @Override
    public ReplacementRule replacement() {
      return new ReplacementRule() {
        @Override
        public Voters counting(Voters present, Set<String> then) {
          return present;
        }

        @Override
        public boolean mayVote(
            Set<String> then, String joiner, long barrier, ReplacementCheck.Seen seen) {
          return seen.matched().getOrDefault(joiner, 0L) >= barrier;
        }
      };
    }
  };

  /** An index that forgets a row. */
  private record Forgetful(PageIndex index, byte[] row) implements PageIndex {
    @Override
    public byte @Nullable [] get(byte[] key) throws IOException {
      return Arrays.equals(key, row) ? null : index.get(key);
    }

    @Override
    public void scan(byte[] prefix, Visitor visitor) throws IOException {
      index.scan(prefix, visitor);
    }

    @Override
    public void flush(List<Change> changes) throws IOException {
      index.flush(changes);
    }

    @Override
    public void close() throws IOException {
      index.close();
    }
  }

  /** An index whose flush a crash may leave half done, its end first. */
  private record InTwoParts(PageIndex index) implements PageIndex {
    @Override
    public byte @Nullable [] get(byte[] key) throws IOException {
      return index.get(key);
    }

    @Override
    public void scan(byte[] prefix, Visitor visitor) throws IOException {
      index.scan(prefix, visitor);
    }

    @Override
    public void flush(List<Change> changes) throws IOException {
      index.flush(changes.subList(changes.size() / 2, changes.size()));
      index.flush(changes.subList(0, changes.size() / 2));
    }

    @Override
    public void close() throws IOException {
      index.close();
    }
  }
}
