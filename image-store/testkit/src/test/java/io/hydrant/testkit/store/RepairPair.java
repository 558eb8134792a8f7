package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.repair.RepairedTract;
import io.hydrant.engine.repair.SlimState;
import io.hydrant.engine.repair.TractList;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.store.TractSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Two replicas with the same checkpoints: the source has every byte, the target what the test lets
 * it have, and a repair between them.
 */
final class RepairPair {
  /** Two whole tracts and a piece of a third. */
  static final int PAGES = 2 * 2_048 + 100;

  /** Slim states are no pages. */
  static final long SLIM_SEEDS = 1 << 30;

  final StoreFixture source;
  final StoreFixture target;
  final Counting counting;
  private RepairStep step;

  /** What a checkpoint holds. */
  interface Steps {
    void on(CheckpointScript script) throws Exception;
  }

  RepairPair() throws Exception {
    source = StoreFixture.withPages(PAGES);
    target = StoreFixture.withPages(PAGES);
    target.replica().joinOthers();
    both(new Command.SetRetention(target.image(), 1));
    counting = new Counting(new LocalRepairSource("source", source.store()));
    step = newStep();
  }

  /** A repair that remembers nothing, as after a restart. */
  RepairStep newStep() {
    step =
        new RepairStep(
            target.store(),
            new RepairStep.Surroundings() {
              @Override
              public List<RepairSource> sources(CheckpointKey asOf, RepairPlan.Urgency urgency) {
                return List.of(counting);
              }

              @Override
              public Collection<InventoryView> others() {
                return List.of();
              }
            },
            _ -> true);
    return step;
  }

  /** Counts what is asked, and can be cut off. */
  static final class Counting implements RepairSource {
    private final RepairSource source;
    final List<String> fetched = new ArrayList<>();
    long bytes;
    boolean cut;
    Runnable beforeTract = () -> {};

    Counting(RepairSource source) {
      this.source = source;
    }

    @Override
    public String node() {
      return source.node();
    }

    private void requireLink() throws IOException {
      if (cut) {
        throw new IOException("the link is down");
      }
    }

    @Override
    public TractList list(CheckpointKey asOf, TractSet only) throws RepairRefusal, IOException {
      requireLink();
      return source.list(asOf, only);
    }

    @Override
    public RepairedTract tract(CheckpointKey asOf, int region, int tract, BitSet have)
        throws RepairRefusal, IOException {
      requireLink();
      beforeTract.run();
      return counted(source.tract(asOf, region, tract, have));
    }

    @Override
    public RepairedTract part(CheckpointKey asOf, int region, int tract, BitSet have)
        throws RepairRefusal, IOException {
      requireLink();
      beforeTract.run();
      return counted(source.part(asOf, region, tract, have));
    }

    private RepairedTract counted(RepairedTract given) {
      if (!given.sent().isEmpty()) {
        fetched.add("%s tract %d".formatted(given.asOf(), given.tract()));
        bytes += given.data().remaining();
      }
      return given;
    }

    @Override
    public SlimState slim(CheckpointKey asOf) throws RepairRefusal, IOException {
      requireLink();
      fetched.add(asOf + " slim");
      return source.slim(asOf);
    }
  }

  /** A checkpoint on both; the target gets its bytes, or only its entries. */
  CheckpointKey checkpoint(boolean full, boolean here, Steps steps) throws Exception {
    CheckpointScript script = full ? source.full() : source.onHead();
    steps.on(script);
    CheckpointKey key = script.commit();
    if (here) {
      CheckpointScript same = full ? target.full() : target.onHead();
      steps.on(same);
      same.commit();
    } else {
      if (full) {
        target.openFull();
      } else {
        target.openOnHead();
      }
      target.submit(new Command.Commit(key, target.epoch(), script.content(), List.of("self")));
    }
    return key;
  }

  /** A full checkpoint: some raw pages in the first and the last tract, the second one zero. */
  CheckpointKey full(long seed, boolean here) throws Exception {
    return checkpoint(true, here, script -> fill(script, seed));
  }

  static void fill(CheckpointScript script, long seed) throws Exception {
    script.raw(seed, 0, 9);
    for (int next = 10; next < 2_048; next += 256) {
      script.zero(next, Math.min(next + 255, 2_047));
    }
    script.zeroTract(1).raw(seed, 4_096, 4_099).zero(4_100, PAGES - 1).slim(seed + SLIM_SEEDS, 800);
  }

  void retire(CheckpointKey key) throws Exception {
    both(new Command.Retire(key.image(), List.of(key.checkpoint())));
  }

  /** A new owner begins at an older checkpoint. */
  void takeOver(SplittableRandom random) throws Exception {
    List<CheckpointId> all = List.copyOf(image().committed().keySet());
    source.acquireAt(all.get(random.nextInt(all.size())));
    target.acquireAt(
        source.store().catalog().image(target.image()).orElseThrow().head().orElseThrow());
  }

  void both(Command command) throws Exception {
    source.submit(command);
    target.submit(command);
  }

  /** Metadata of the source over the target, instead of the entries that it has not seen. */
  void install() throws Exception {
    target.runBackground();
    do {
      source.submit(new Command.SetRetention(target.image(), 1));
    } while (source.store().applied().compareTo(target.store().applied()) <= 0);
    target.store().install(source.store().frozenCatalog().encode());
    target.replica().adoptLog(source.replica());
    target.runBackground();
  }

  RepairStep.Progress step() throws IOException {
    return step.step();
  }

  /** Steps until there is nothing to do, or nothing can be done; returns how many steps. */
  int run(RepairStep.Outcome expected) throws Exception {
    int steps = 0;
    RepairStep.Progress progress;
    do {
      progress = step();
      assertTrue(++steps < 1_000, "the repair does not end: " + progress);
    } while (progress.outcome() == RepairStep.Outcome.WORKED);
    assertEquals(expected, progress.outcome());
    return steps;
  }

  ImageState image() {
    return target.store().catalog().image(target.image()).orElseThrow();
  }

  /** Everything is here, good, and the same as at the source, as of every retained checkpoint. */
  void assertEqual() throws Exception {
    assertEquals(List.of(), target.store().missing().lacks());
    LocalRepairSource own = new LocalRepairSource("target", target.store());
    LocalRepairSource theirs = new LocalRepairSource("source", source.store());
    for (CheckpointId id : image().committed().keySet()) {
      CheckpointKey key = new CheckpointKey(target.image(), id);
      TractList list = own.list(key, TractSet.ALL);
      assertEquals(theirs.list(key, TractSet.ALL).tracts(), list.tracts());
      assertEquals(theirs.list(key, TractSet.ALL).slim(), list.slim());
      assertEquals(3, list.tracts().size());
      assertEquals(bytesOf(theirs.slim(key)), bytesOf(own.slim(key)));
      for (int tract = 0; tract < 3; tract++) {
        RepairedTract mine = own.tract(key, 0, tract, new BitSet());
        RepairedTract other = theirs.tract(key, 0, tract, new BitSet());
        assertEquals(other.rows().digest(), mine.rows().digest());
        assertEquals(other.data(), mine.data(), key + " tract " + tract);
      }
    }
  }

  private static List<Object> bytesOf(SlimState state) {
    return state.chunks().stream().map(chunk -> (Object) chunk.bytes()).toList();
  }

  Optional<CheckpointId> head() {
    return image().head();
  }
}
