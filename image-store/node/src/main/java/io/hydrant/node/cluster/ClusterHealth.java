package io.hydrant.node.cluster;

import io.hydrant.v1.Health;
import io.hydrant.v1.HealthState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How a group does, in words. Pure.
 *
 * <pre>
 * UNAVAILABLE  no leader is known, or no majority of the voters is here: takes no checkpoints
 * DEGRADED     would not bear all that it should
 * OK           every member is here, voting, and has everything
 * </pre>
 */
public final class ClusterHealth {
  /** A follower that applies as it should is behind by what is on its way. */
  private static final long BEHIND_MAX = 5_000;

  /** As PROTOCOL R21: a leader that is off by more proposes nothing by age. */
  public static final long CLOCK_AHEAD_MILLIS_MAX = 5_000;

  private ClusterHealth() {}

  /**
   * A replica that fetches what it lacks.
   *
   * @param bytesPerSecond 0: not known yet
   */
  public record CatchingUp(long bytesDone, long bytesTotal, long bytesPerSecond) {}

  /**
   * @param leader as far as known
   * @param catchingUp by node, of those that lack bytes
   * @param singleCopyBytes encoded bytes that one voter alone holds; empty: not known here
   */
  public static Health of(
      List<MemberState> members,
      Optional<String> leader,
      Map<String, CatchingUp> catchingUp,
      OptionalLong singleCopyBytes) {
    List<String> details = new ArrayList<>();
    int voters = 0;
    int here = 0;
    int whole = 0;
    long furthest = members.stream().mapToLong(MemberState::applied).max().orElse(0);
    for (MemberState member : members) {
      Optional<String> lacks = lacks(member, furthest, catchingUp.get(member.node()));
      lacks.ifPresent(details::add);
      if (member.voter()) {
        voters++;
        here += member.isHere() ? 1 : 0;
        whole += member.isHere() && lacks.isEmpty() ? 1 : 0;
      }
    }
    List<String> reasons = new ArrayList<>();
    boolean available = leader.isPresent() && 2 * here > voters;
    if (!available) {
      reasons.add(
          2 * here > voters
              ? "no leader is elected"
              : "no majority: %d of %d replicas are reached from here".formatted(here, voters));
    }
    if (whole < voters || !details.isEmpty()) {
      details.addFirst("%d of %d replicas".formatted(whole, voters));
      reasons.add(String.join(", ", details));
    }
    singleCopyBytes.ifPresent(bytes -> {
      if (bytes > 0) {
        reasons.add(amount(bytes) + " in one copy only");
      }
    });
    clocks(members, reasons);
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

  private static Optional<String> lacks(
      MemberState member, long furthest, @Nullable CatchingUp progress) {
    String node = member.node();
    if (member.refusal().isPresent()) {
      return Optional.of(node + " is cut off (" + member.refusal().get() + ")");
    }
    if (member.silence().isEmpty()) {
      return Optional.of(node + " was not heard of yet");
    }
    if (!member.isHere()) {
      return Optional.of(node + " silent for " + clock(member.silence().get()));
    }
    if (progress != null) {
      return Optional.of(node + " catching up" + progress(progress));
    }
    if (furthest - member.applied() > BEHIND_MAX) {
      return Optional.of(
          String.format(
              Locale.ROOT, "%s %,d log entries behind", node, furthest - member.applied()));
    }
    return member.voter() ? Optional.empty() : Optional.of(node + " is joining");
  }

  private static String progress(CatchingUp progress) {
    if (progress.bytesTotal() <= 0) {
      return "";
    }
    String percent = " %d %%".formatted(100 * progress.bytesDone() / progress.bytesTotal());
    long left = progress.bytesTotal() - progress.bytesDone();
    return progress.bytesPerSecond() <= 0
        ? percent
        : percent + ", " + clock(Duration.ofSeconds(left / progress.bytesPerSecond())) + " left";
  }

  private static void clocks(List<MemberState> members, List<String> reasons) {
    for (MemberState member : members) {
      long ahead = member.clockAheadMillis();
      if (member.isHere() && Math.abs(ahead) > CLOCK_AHEAD_MILLIS_MAX) {
        reasons.add(
            "clock of %s is %d s %s this node's"
                .formatted(
                    member.node(), Math.abs(ahead) / 1_000, ahead > 0 ? "ahead of" : "behind"));
      }
    }
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
