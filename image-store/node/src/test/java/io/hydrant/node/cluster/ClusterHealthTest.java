package io.hydrant.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.Copies;
import io.hydrant.engine.replica.DriftCheck.Drift;
import io.hydrant.engine.replica.DriftCheck.Verdict;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.node.cluster.MemberState.Heard;
import io.hydrant.node.cluster.MemberState.Refusal;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.v1.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What an operator reads, as it was frozen. */
final class ClusterHealthTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/health.txt");
  private static final Copies ENOUGH = new Copies(0, 0);

  private final StringBuilder text = new StringBuilder();
  private Optional<Verdict> compared = Optional.empty();

  /** A member that has said something; well, but for what is changed. */
  private record Told(
      String node,
      boolean voter,
      Duration silence,
      long applied,
      Lacking lacking,
      boolean behind,
      long clockAheadMillis,
      InventoryView.Space space,
      RepairProgress repair,
      Optional<Refusal> refusal) {
    static Told of(String node) {
      return new Told(
          node,
          true,
          Duration.ofMillis(300),
          1_000_000,
          Lacking.NOTHING,
          false,
          0,
          new InventoryView.Space(100L << 30, false),
          RepairProgress.NONE,
          Optional.empty());
    }

    Told silent(int seconds) {
      return new Told(
          node,
          voter,
          Duration.ofSeconds(seconds),
          applied,
          lacking,
          behind,
          clockAheadMillis,
          space,
          repair,
          refusal);
    }

    Told applied(long index) {
      return new Told(
          node, voter, silence, index, lacking, behind, clockAheadMillis, space, repair, refusal);
    }

    Told lacks(long bytes, long tracts, boolean late) {
      return new Told(
          node,
          voter,
          silence,
          applied,
          new Lacking(bytes, tracts, Map.of()),
          late,
          clockAheadMillis,
          space,
          repair,
          refusal);
    }

    Told repairs(RepairProgress progress) {
      return new Told(
          node, voter, silence, applied, lacking, true, clockAheadMillis, space, progress, refusal);
    }

    Told clock(long ahead) {
      return new Told(
          node, voter, silence, applied, lacking, behind, ahead, space, repair, refusal);
    }

    Told full(long free) {
      return with(new InventoryView.Space(free, true));
    }

    Told low(long free) {
      return with(new InventoryView.Space(free, true, false));
    }

    private Told with(InventoryView.Space space) {
      return new Told(
          node, voter, silence, applied, lacking, behind, clockAheadMillis, space, repair, refusal);
    }

    Told refused(String why, boolean byIt) {
      return new Told(
          node,
          voter,
          silence,
          applied,
          lacking,
          behind,
          clockAheadMillis,
          space,
          repair,
          Optional.of(new Refusal(why, byIt)));
    }

    Told joins() {
      return new Told(
          node, false, silence, applied, lacking, behind, clockAheadMillis, space, repair, refusal);
    }

    MemberState state() {
      InventoryView said =
          new InventoryView(new PeerLife(node, 1), applied, applied, lacking, 0, space, repair);
      return new MemberState(
          new MemberAddress(node, "a:1", "a:2", "a:3"),
          voter,
          Optional.of(new Heard(silence, said, behind, clockAheadMillis)),
          "1",
          refusal);
    }
  }

  private void add(String what, Copies copies, Optional<String> leader, List<MemberState> members) {
    Health health = ClusterHealth.of(members, leader, copies, compared);
    text.append("# ").append(what).append('\n');
    text.append(health.getState()).append('\n');
    health.getReasonsList().forEach(reason -> text.append("  ").append(reason).append('\n'));
  }

  private static Verdict verdict(Map<String, Drift> odd, Drift disputed) {
    return new Verdict(4_711, new TreeMap<>(odd), disputed);
  }

  private static Drift drift(boolean catalog, long... images) {
    TreeSet<ImageId> ids = new TreeSet<>();
    for (long image : images) {
      ids.add(new ImageId(image));
    }
    return new Drift(catalog, ids);
  }

  private void add(String what, Copies copies, Told... members) {
    add(what, copies, Optional.of("n1"), List.of(members).stream().map(Told::state).toList());
  }

  private void add(String what, Told... members) {
    add(what, ENOUGH, members);
  }

  @Test
  void reasonsAreAsTheyWereFrozen() throws IOException {
    Told n1 = Told.of("n1");
    Told n2 = Told.of("n2").applied(999_990);
    Told n3 = Told.of("n3");
    add("all well", n1, n2, n3);
    add("bytes are on their way", n1, n2, n3.lacks(5 << 20, 2, false));
    add("one silent", n1, n2, n3.silent(125));
    add(
        "one never heard",
        ENOUGH,
        Optional.of("n1"),
        List.of(
            n1.state(),
            n2.state(),
            new MemberState(
                new MemberAddress("n3", "a:1", "a:2", "a:3"),
                true,
                Optional.empty(),
                "",
                Optional.empty())));
    add("one behind", n1, n2, n3.applied(400));
    add("one lacks bytes", n1, n2, n3.lacks(31 << 20, 7, true));
    add("one lacks what nobody has counted", n1, n2, n3.lacks(0, 7, true));
    RepairProgress progress = new RepairProgress(50, 200, 410L << 20, 1_000L << 20, 26L << 20);
    add("one catching up", new Copies(31 << 20, 0), n1, n2, n3.repairs(progress));
    add(
        "one that has just begun to",
        new Copies(700, 0),
        n1,
        n2,
        n3.repairs(new RepairProgress(0, 200, 0, 0, 0)));
    add(
        "one for long",
        n1,
        n2,
        n3.repairs(new RepairProgress(1, 200, 1L << 20, 1L << 40, 100L << 20)));
    add(
        "two lack the same",
        new Copies(3 << 20, 900 << 20),
        n1,
        n2.lacks(903 << 20, 200, true),
        n3);
    add("one refused", n1, n2.refused("'n2' speaks versions 2..3: upgrade n1 first", false), n3);
    add("one refuses", n1, n2.refused("n2: 'n1' is no member", true), n3);
    add("the group refuses", n1, n2.refused("no member", true), n3.refused("no member", true));
    add("one joins", n1, n2, n3, Told.of("n4").joins());
    add("one joins and copies", n1, n2, n3, Told.of("n4").joins().repairs(progress));
    add("a clock is wrong", n1, n2, n3.clock(-7_400));
    add("the leader's clock is wrong", n1, n2.clock(61_000), n3.clock(60_000));
    add("a disk is full", n1, n2, n3.full(3 << 20));
    add("a disk fills up", n1, n2, n3.low(7L << 30));
    add("two silent", n1, n2.silent(3), n3.silent(4_000));
    add(
        "no leader",
        ENOUGH,
        Optional.empty(),
        List.of(n1, n2, n3).stream().map(Told::state).toList());
    compared = Optional.of(verdict(Map.of("n3", drift(true, 7)), drift(false)));
    add("a catalog has drifted", n1, n2, n3);
    compared = Optional.of(verdict(Map.of("n2", drift(false, 7, 9)), drift(false)));
    add("page maps have drifted", n1, n2, n3);
    compared = Optional.of(verdict(Map.of(), drift(false, 7)));
    add("two differ and the third says nothing", n1, n2, n3);
    compared = Optional.of(verdict(Map.of(), drift(false)));
    add("all agree", n1, n2, n3);
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.writeString(GOLDEN, text);
    }
    assertEquals(Files.readString(GOLDEN), text.toString());
  }
}
