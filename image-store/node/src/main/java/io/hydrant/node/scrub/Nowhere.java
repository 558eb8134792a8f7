package io.hydrant.node.scrub;

import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.repair.RepairPlan.Task;
import io.hydrant.engine.store.ScrubFinding;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What of the damage nobody else can give.
 *
 * @param stuck what every source that could be asked has refused
 */
public record Nowhere(Supplier<List<Task>> stuck) implements Predicate<ScrubFinding> {
  /** A group of one has nobody to ask. */
  public static Predicate<ScrubFinding> alone() {
    return finding -> !(finding instanceof ScrubFinding.SegmentPart);
  }

  @Override
  public boolean test(ScrubFinding finding) {
    return switch (finding) {
      case ScrubFinding.Page page ->
          ofImage(page.tract().image())
              .anyMatch(task -> task.tracts().has(page.tract().region(), page.tract().tract()));
      case ScrubFinding.Slim slim ->
          ofImage(slim.key().image())
              .anyMatch(task -> task.asOf().equals(slim.key()) && task.tracts().hasSlim());
      case ScrubFinding.SegmentPart _ -> false;
    };
  }

  private Stream<Task> ofImage(ImageId image) {
    return stuck.get().stream().filter(task -> task.asOf().image().equals(image));
  }
}
