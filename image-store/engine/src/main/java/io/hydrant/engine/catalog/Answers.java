package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Answers that several commands give, worded once. */
final class Answers {
  private static final int QUOTED_CHARS_MAX = 64;

  private Answers() {}

  static Applied of(Outcome outcome, Effect... effects) {
    return new Applied(outcome, List.of(effects));
  }

  static Applied of(Outcome outcome, List<Effect> effects) {
    return new Applied(outcome, effects);
  }

  static Applied rejected(Rejection reason, String message) {
    return of(new Outcome.Rejected(reason, message));
  }

  static Applied rejected(Rejection reason, String message, Optional<CheckpointId> head) {
    return of(new Outcome.Rejected(reason, message, head));
  }

  static Applied unknownImage(ImageId image) {
    return rejected(
        Rejection.UNKNOWN_IMAGE,
        "no image has uid %d: it was never created, or was deleted; list the images"
            .formatted(image.value()));
  }

  static Applied unknownCheckpoint(ImageRecord image, CheckpointId id) {
    return rejected(
        Rejection.UNKNOWN_CHECKPOINT,
        "%s has no %s: list its checkpoints".formatted(image.label(), id));
  }

  /** For an epoch that is not the image's. */
  static Applied staleEpoch(ImageRecord image, Epoch epoch) {
    String why =
        image.epoch().equals(Epoch.NONE)
            ? "%s has no owner yet, so nobody can write under epoch %d: acquire it first"
                .formatted(image.label(), epoch.value())
            : "%s is at epoch %d, not %d: another owner took over; acquire it again to write"
                .formatted(image.label(), image.epoch().value(), epoch.value());
    return rejected(Rejection.STALE_EPOCH, why, image.head());
  }

  static Applied outOfRange(String what, long min, long max, long actual) {
    return rejected(
        Rejection.INVALID, "%s must be %d to %d, not %d".formatted(what, min, max, actual));
  }

  /** Newest first, so that no staged checkpoint outlives its base. */
  static List<Effect> dropStaged(ImageId image, Collection<CheckpointId> ascending) {
    List<Effect> effects = new ArrayList<>();
    for (CheckpointId id : List.copyOf(ascending).reversed()) {
      effects.add(new Effect.DropStaged(new CheckpointKey(image, id)));
    }
    return effects;
  }

  /** Text from a request, fit for a message. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("'");
    for (int i = 0; i < Math.min(text.length(), QUOTED_CHARS_MAX); i++) {
      char c = text.charAt(i);
      quoted.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return quoted.append(text.length() > QUOTED_CHARS_MAX ? "...'" : "'").toString();
  }
}
