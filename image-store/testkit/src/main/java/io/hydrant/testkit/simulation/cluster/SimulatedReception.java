package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a node has taken of one checkpoint in this life, as the server's receptions do it: the next
 * frame is taken, a lower one is ignored, a higher one is a gap; nothing is said to be held before
 * all of it is durable.
 */
final class SimulatedReception {
  private final CheckpointKey key;
  private final SimulatedMachine machine;
  private @Nullable StagedCheckpoint staged;
  private Consumer<Says> outlet = says -> {};
  private long expected;
  private boolean untold;
  private @Nullable Says end;

  SimulatedReception(CheckpointKey key, SimulatedMachine machine) {
    this.key = key;
    this.machine = machine;
  }

  void take(Frame frame, Consumer<Says> from) throws IOException {
    outlet = from;
    long sequence = frame.sequence();
    if (sequence < expected || end != null && sequence == expected) {
      machine.cluster().coverage().count(Schedule.REPEATED_FRAME);
      from.accept(end == null ? new Says.Took(expected, 0) : end);
    } else if (end == null && sequence > expected) {
      from.accept(new Says.Gap(expected));
    } else if (end == null) {
      next(frame);
    }
  }

  private void next(Frame frame) throws IOException {
    try {
      step(frame.step());
      expected++;
      untold = true;
      if (machine.cluster().random().nextInt(3) == 0) {
        nudge();
      }
    } catch (Refusal e) {
      end(new Says.Refuses(e.rejection(), "" + e.getMessage()));
    }
  }

  private void step(Frame.Step step) throws Refusal, IOException {
    if (step instanceof Frame.Step.Open open) {
      boolean unknown =
          machine
              .store()
              .catalog()
              .image(key.image())
              .map(image -> image.fate(key.checkpoint()) == ImageState.Fate.UNKNOWN)
              .orElse(true);
      staged = machine.store().receive(key, open.checkpoint());
      if (unknown) {
        machine.cluster().coverage().count(Schedule.FRAMES_BEFORE_OPEN);
      }
      return;
    }
    StagedCheckpoint receiver = staged;
    if (receiver == null) {
      throw new IllegalStateException(key + ": its first frame is no open");
    }
    if (step instanceof Frame.Step.Finish finish) {
      finish(receiver, finish.claimed());
    } else {
      stage(receiver, step);
    }
  }

  /** Stages a step that is neither the open nor the end. */
  static void stage(StagedCheckpoint receiver, Frame.Step step) throws Refusal, IOException {
    switch (step) {
      case Frame.Step.Batch batch ->
          receiver.patch(batch.region(), batch.tract(), batch.table(), batch.payload().duplicate());
      case Frame.Step.ZeroTracts zero ->
          receiver.zeroTracts(zero.region(), zero.firstTract(), zero.count());
      case Frame.Step.Slim slim ->
          receiver.slim(slim.offset(), slim.checksum(), slim.bytes().duplicate());
      case Frame.Step.Open _, Frame.Step.Finish _ ->
          throw new IllegalArgumentException("neither an open nor an end: " + step);
    }
  }

  private void finish(StagedCheckpoint receiver, Command.Content claimed)
      throws Refusal, IOException {
    receiver
        .finish(claimed)
        .whenComplete((own, _) -> {
          if (own != null) {
            machine.soon(() -> {
              machine.holds(key);
              end(new Says.Holds(own.digest()));
            });
          }
        });
  }

  private void end(Says says) {
    if (end == null) {
      end = says;
      staged = null;
      outlet.accept(says);
    }
  }

  /** From time to time: what the sender has not been told yet. */
  void nudge() {
    if (end == null && untold) {
      untold = false;
      outlet.accept(new Statement.Says.Took(expected, 0));
    }
  }

  boolean isOver() {
    return end != null;
  }
}
