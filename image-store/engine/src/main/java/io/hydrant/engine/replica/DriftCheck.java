package io.hydrant.engine.replica;

import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Compares what the voters have, as of one DigestAt, and names who has something else than their
 * majority (PROTOCOL R24). Pure: every replica that hears the same comes to the same.
 *
 * <pre>
 * all who say something agree                        nothing
 * a majority of the voters agrees, others do not     those are odd
 * they differ, and no majority agrees                a dispute: nobody can be named
 * </pre>
 */
public final class DriftCheck {
  private DriftCheck() {}

  /**
   * Who has drifted.
   *
   * @param index of the DigestAt
   * @param odd by node
   * @param disputed the catalog, or images, of which no majority has the same
   */
  public record Verdict(long index, SortedMap<String, Drift> odd, Drift disputed) {
    /** Whether all that was said agrees. */
    public boolean isClean() {
      return odd.isEmpty() && disputed.isNothing();
    }
  }

  /** What of a replica is not as it should be. */
  public record Drift(boolean catalog, SortedSet<ImageId> images) {
    static final Drift NOTHING = new Drift(false, new TreeSet<>());

    public Drift {
      images = Collections.unmodifiableSortedSet(new TreeSet<>(images));
    }

    public boolean isNothing() {
      return !catalog && images.isEmpty();
    }
  }

  /**
   * @param own what this replica says
   * @param others by node, what the others said last; of another entry it counts for nothing
   */
  public static Verdict judge(
      String self, DigestReport own, Map<String, DigestReport> others, Voters voters) {
    Map<String, DigestReport> reports = new TreeMap<>(others);
    reports.put(self, own);
    reports
        .entrySet()
        .removeIf(report ->
            report.getValue().index() != own.index() || !voters.voters().contains(report.getKey()));
    Tally tally = new Tally(reports, voters);
    tally.look(Optional.empty(), report -> Optional.of(report.catalog()));
    TreeSet<ImageId> images = new TreeSet<>();
    reports.values().forEach(report -> images.addAll(report.maps().keySet()));
    for (ImageId image : images) {
      tally.look(Optional.of(image), report -> Optional.ofNullable(report.maps().get(image)));
    }
    return tally.verdict(own.index());
  }

  private static final class Tally {
    private final Map<String, DigestReport> reports;
    private final Voters voters;
    private final TreeMap<String, Drift> odd = new TreeMap<>();
    private Drift disputed = Drift.NOTHING;

    Tally(Map<String, DigestReport> reports, Voters voters) {
      this.reports = reports;
      this.voters = voters;
    }

    /**
     * @param subject an image; empty: the catalog
     */
    void look(Optional<ImageId> subject, Function<DigestReport, Optional<Digest>> part) {
      Map<Digest, SortedSet<String>> sayers = new HashMap<>();
      reports.forEach((node, report) ->
          part.apply(report)
              .ifPresent(digest -> sayers.computeIfAbsent(digest, _ -> new TreeSet<>()).add(node)));
      if (sayers.size() <= 1) {
        return;
      }
      Optional<SortedSet<String>> most =
          sayers.values().stream().filter(voters::isMajority).findFirst();
      if (most.isEmpty()) {
        disputed = with(disputed, subject);
        return;
      }
      for (SortedSet<String> nodes : sayers.values()) {
        if (!nodes.equals(most.get())) {
          nodes.forEach(
              node -> odd.put(node, with(odd.getOrDefault(node, Drift.NOTHING), subject)));
        }
      }
    }

    private static Drift with(Drift drift, Optional<ImageId> subject) {
      TreeSet<ImageId> images = new TreeSet<>(drift.images());
      subject.ifPresent(images::add);
      return new Drift(drift.catalog() || subject.isEmpty(), images);
    }

    Verdict verdict(long index) {
      return new Verdict(index, odd, disputed);
    }
  }
}
