package io.hydrant.node.cluster;

import io.hydrant.engine.replica.ClockCheck;
import io.hydrant.engine.replica.Copies;
import io.hydrant.engine.replica.DriftCheck.Verdict;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.v1.Health;
import io.hydrant.v1.HealthState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a group does, in words. Pure.
 *
 * <pre>
 * UNAVAILABLE  no leader is known, no majority of the voters is here, or a majority of them refuses
 *              this node: takes no checkpoints
 * DEGRADED     would not bear all that it should
 * OK           every member is here, voting, and has everything
 * </pre>
 */
public final class ClusterHealth {
  /** A follower that applies as it should is behind by what is on its way. */
  private static final long BEHIND_MAX = 5_000;

  private ClusterHealth() {}

  /**
   * @param leader as far as known
   * @param copies of what some replica lacks
   * @param compared what the replicas hash of themselves, as found last
   */
  public static Health of(
      List<MemberState> members,
      Optional<String> leader,
      Copies copies,
      Optional<Verdict> compared) {
    List<String> details = new ArrayList<>();
    int voters = 0;
    int here = 0;
    int whole = 0;
    int refusing = 0;
    long furthest = members.stream().mapToLong(MemberState::applied).max().orElse(0);
    for (MemberState member : members) {
      Optional<String> lacks = lacks(member, furthest);
      lacks.ifPresent(details::add);
      if (member.voter()) {
        voters++;
        here += member.isHere() ? 1 : 0;
        whole += member.isHere() && lacks.isEmpty() ? 1 : 0;
        refusing += member.refusal().filter(MemberState.Refusal::byIt).isPresent() ? 1 : 0;
      }
    }
    List<String> reasons = new ArrayList<>();
    boolean isolated = 2 * refusing > voters;
    boolean available = leader.isPresent() && 2 * here > voters && !isolated;
    if (isolated) {
      reasons.add("this node is isolated: its group refuses it");
    } else if (!available) {
      reasons.add(
          2 * here > voters
              ? "no leader is elected"
              : "no majority: %d of %d replicas are reached from here".formatted(here, voters));
    }
    if (whole < voters || !details.isEmpty()) {
      details.addFirst("%d of %d replicas".formatted(whole, voters));
      reasons.add(String.join(", ", details));
    }
    if (copies.singleBytes() > 0) {
      reasons.add(amount(copies.singleBytes()) + " in one copy only");
    }
    if (copies.noneBytes() > 0) {
      reasons.add(amount(copies.noneBytes()) + " in no copy that is reached");
    }
    space(members, reasons);
    clocks(members, leader, reasons);
    compared.ifPresent(verdict -> drift(verdict, reasons));
    return Health.newBuilder()
        .setState(
            !available
                ? HealthState.HEALTH_STATE_UNAVAILABLE
                : reasons.isEmpty()
                    ? HealthState.HEALTH_STATE_OK
                    : HealthState.HEALTH_STATE_DEGRADED)
        .addAllReasons(reasons)
        .build();
  }

  private static Optional<String> lacks(MemberState member, long furthest) {
    String node = member.node();
    if (member.refusal().isPresent()) {
      MemberState.Refusal refusal = member.refusal().get();
      return Optional.of(
          node + (refusal.byIt() ? " refuses this node: " : " refused: ") + refusal.why());
    }
    if (member.heard().isEmpty()) {
      return Optional.of(node + " was not heard of yet");
    }
    MemberState.Heard heard = member.heard().get();
    if (!member.isHere()) {
      return Optional.of(node + " silent for " + clock(heard.silence()));
    }
    InventoryView said = heard.said();
    if (heard.behind()) {
      return Optional.of(
          said.repair().isActive()
              ? node + " catching up" + progress(said.repair())
              : node + " lacks " + lacking(said.lacking()));
    }
    if (furthest - said.applied() > BEHIND_MAX) {
      return Optional.of(
          String.format(Locale.ROOT, "%s %,d log entries behind", node, furthest - said.applied()));
    }
    return member.voter() ? Optional.empty() : Optional.of(node + " is joining");
  }

  private static String progress(RepairProgress progress) {
    boolean byBytes = progress.bytesTotal() > 0;
    long done = byBytes ? progress.bytesDone() : progress.tractsDone();
    long total = byBytes ? progress.bytesTotal() : progress.tractsTotal();
    String percent = " %d %%".formatted((long) (100.0 * Math.min(done, total) / total));
    return percent + progress.left().map(left -> ", " + clock(left) + " left").orElse("");
  }

  private static String lacking(Lacking lacking) {
    return lacking.bytes() > 0 ? amount(lacking.bytes()) : lacking.tracts() + " tracts";
  }

  private static void space(List<MemberState> members, List<String> reasons) {
    for (MemberState member : members) {
      InventoryView.Space space = member.heard().map(last -> last.said().space()).orElse(null);
      if (!member.isHere() || space == null) {
        continue;
      }
      if (space.nearlyFull()) {
        reasons.add(
            "disk of %s is nearly full (%s left): it takes no new checkpoints"
                .formatted(member.node(), amount(space.freeBytes())));
      } else if (space.low()) {
        reasons.add(
            "disk of %s fills up (%s left): hydrant df there says with what"
                .formatted(member.node(), amount(space.freeBytes())));
      }
    }
  }

  private static void clocks(
      List<MemberState> members, Optional<String> leader, List<String> reasons) {
    List<Long> all =
        members.stream()
            .filter(member -> member.voter() && member.isHere())
            .map(ClusterHealth::clockAhead)
            .toList();
    for (MemberState member : members) {
      long off = member.isHere() ? ClockCheck.offMillis(clockAhead(member), all) : 0;
      if (ClockCheck.isOff(off)) {
        boolean leads = leader.filter(member.node()::equals).isPresent();
        reasons.add(
            "clock of %s is %d s %s its group's%s"
                .formatted(
                    member.node(),
                    Math.abs(off) / 1_000,
                    off > 0 ? "ahead of" : "behind",
                    leads ? ", and it leads: nothing expires until it is set" : ""));
      }
    }
  }

  /** An image whose maps differ is repaired by itself; a catalog is not. */
  private static void drift(Verdict verdict, List<String> reasons) {
    verdict
        .odd()
        .forEach((node, drift) ->
            reasons.add(
                drift.catalog()
                    ? "%s is fenced: its catalog differs from the others' as of entry %d; replace it (`hydrant cluster replace`)"
                        .formatted(node, verdict.index())
                    : "%s had other page maps than the others of %d images as of entry %d: they are compared and fetched anew"
                        .formatted(node, drift.images().size(), verdict.index())));
    if (!verdict.disputed().isNothing()) {
      reasons.add(
          "the replicas differ in %s as of entry %d, and no majority agrees: keep all of them, and report it"
              .formatted(
                  verdict.disputed().catalog()
                      ? "their catalogs"
                      : "the page maps of %d images".formatted(verdict.disputed().images().size()),
                  verdict.index()));
    }
  }

  private static long clockAhead(MemberState member) {
    return member.heard().map(MemberState.Heard::clockAheadMillis).orElse(0L);
  }

  private static String amount(long bytes) {
    return bytes < 1 << 20 ? (bytes + 1_023) / 1_024 + " KiB" : bytes / (1 << 20) + " MiB";
  }

  private static String clock(Duration time) {
    return time.toHours() > 0
        ? "%d:%02d:%02d".formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart())
        : "%d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
  }
}
