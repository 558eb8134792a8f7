package io.hydrant.engine.repair;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.store.MissingView.Lack;
import io.hydrant.engine.store.TractSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * In which order what is lacking is repaired; pure.
 *
 * <pre>
 * damaged       bytes that were here and are bad
 * single copy   what another replica lacks too: one more loss, and it is gone
 * head          of every image in turn: what a restore asks for, and the next increment builds on
 * older         the newest of every image in turn, then the second newest and so on
 * </pre>
 *
 * Newest first, because a tract that was proven at a checkpoint is proven at all older ones that
 * came after its last change.
 */
public final class RepairPlan {
  private RepairPlan() {}

  /** Why something is repaired before something else: the first one is the most urgent. */
  public enum Urgency {
    DAMAGED,
    SINGLE_COPY,
    HEAD,
    OLDER
  }

  /**
   * @param asOf retained here
   * @param tracts what is to be proven or fetched as of it, perhaps with the slim state
   */
  public record Task(CheckpointKey asOf, TractSet tracts, Urgency urgency) {}

  /**
   * @param lacks what is not here, {@link io.hydrant.engine.store.MissingView#lacks}
   * @param damaged what is here and bad, {@link io.hydrant.engine.store.MissingView#damages}
   * @param others what the other replicas said of themselves last
   * @param images the catalog
   * @return tasks, the most urgent first
   */
  public static List<Task> order(
      List<Lack> lacks,
      List<Lack> damaged,
      Collection<InventoryView> others,
      Function<ImageId, Optional<ImageState>> images) {
    List<Task> tasks = new ArrayList<>();
    inTurn(damaged).forEach(lack -> tasks.add(task(lack, Urgency.DAMAGED)));
    List<Lack> single = new ArrayList<>();
    List<Lack> heads = new ArrayList<>();
    List<Lack> older = new ArrayList<>();
    for (Lack lack : lacks) {
      if (isLackingElsewhere(lack, others)) {
        single.add(lack);
      } else if (isHead(lack, images)) {
        heads.add(lack);
      } else {
        older.add(lack);
      }
    }
    inTurn(single).forEach(lack -> tasks.add(task(lack, Urgency.SINGLE_COPY)));
    inTurn(heads).forEach(lack -> tasks.add(task(lack, Urgency.HEAD)));
    inTurn(older).forEach(lack -> tasks.add(task(lack, Urgency.OLDER)));
    return tasks;
  }

  private static Task task(Lack lack, Urgency urgency) {
    return new Task(new CheckpointKey(lack.image(), lack.asOf()), lack.tracts(), urgency);
  }

  private static boolean isLackingElsewhere(Lack lack, Collection<InventoryView> others) {
    return others.stream().anyMatch(other -> !other.lacking().isWhole(lack.image(), lack.asOf()));
  }

  private static boolean isHead(Lack lack, Function<ImageId, Optional<ImageState>> images) {
    Optional<CheckpointId> head = images.apply(lack.image()).flatMap(ImageState::head);
    return head.isPresent() && head.get().equals(lack.asOf());
  }

  /** The newest of every image, then the second newest and so on. */
  private static List<Lack> inTurn(List<Lack> lacks) {
    Map<ImageId, List<Lack>> byImage = new TreeMap<>();
    for (Lack lack : lacks) {
      byImage.computeIfAbsent(lack.image(), _ -> new ArrayList<>()).add(lack);
    }
    byImage.values().forEach(list -> list.sort(Comparator.comparing(Lack::asOf).reversed()));
    List<Lack> turns = new ArrayList<>();
    for (int rank = 0; turns.size() < lacks.size(); rank++) {
      for (List<Lack> list : byImage.values()) {
        if (rank < list.size()) {
          turns.add(list.get(rank));
        }
      }
    }
    return turns;
  }
}
