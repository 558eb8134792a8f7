package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.MissingView.Lack;
import io.hydrant.engine.store.TractSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class LackingTest {
  /** Two whole tracts and two pages. */
  private static final RegionTable REGIONS =
      new RegionTable(
          List.of(
              new RegionSpec(
                  "ram", RegionKind.MEMORY, 4096, 2L * RegionSpec.TRACT_BYTES + 2 * 4096)));

  private final Catalog catalog = new Catalog();
  private long index;
  private final ImageId image =
      ((Outcome.ImageCreated) apply(new Command.CreateImage("vm", 1))).image();
  private final Epoch epoch =
      ((Outcome.Acquired)
              apply(new Command.Acquire(image, Optional.empty(), new RequestId(new UUID(1, 1)))))
          .epoch();

  private Outcome apply(Command command) {
    index++;
    return catalog
        .apply(
            new EntryPosition(1, index), new Entry(index, RequestId.NONE, RequestId.NONE, command))
        .outcome();
  }

  private CheckpointId commit(Optional<CheckpointId> base, long dataBytes) {
    CheckpointKey key =
        ((Outcome.Opened)
                apply(
                    new Command.Open(
                        image,
                        epoch,
                        base.isEmpty() ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
                        base,
                        base.isEmpty() ? Optional.of(REGIONS) : Optional.empty())))
            .key();
    Command.Content content =
        new Command.Content(Digest.of(new byte[Digest.BYTES]), 1, 1, dataBytes, 0);
    assertTrue(
        apply(new Command.Commit(key, epoch, content, List.of("n1"))) instanceof Outcome.Committed);
    return key.checkpoint();
  }

  @Test
  void anIncrementLacksWhatItWroteAndNoMore() {
    CheckpointId full = commit(Optional.empty(), 9 << 20);
    CheckpointId first = commit(Optional.of(full), 5_000);
    CheckpointId second = commit(Optional.of(first), 700);
    TractSet tract = TractSet.NONE.plus(0, 1);
    Lacking lacking =
        Lacking.of(List.of(new Lack(image, first, tract), new Lack(image, second, tract)), catalog);
    assertEquals(5_700, lacking.bytes());
    assertEquals(1, lacking.tracts());
    Lacking.OfImage holes = Objects.requireNonNull(lacking.images().get(image));
    assertEquals(List.of(first, second), holes.checkpoints());
    assertTrue(holes.isWhole(full));
    assertFalse(holes.isWhole(second));
  }

  @Test
  void neverMoreThanTheTractsHoldRaw() {
    CheckpointId full = commit(Optional.empty(), 9 << 20);
    List<Lack> lacks = new ArrayList<>();
    CheckpointId base = full;
    for (int i = 0; i < 40; i++) {
      base = commit(Optional.of(base), 1 << 20);
      lacks.add(new Lack(image, base, TractSet.NONE.plus(0, 2)));
    }
    Lacking lacking = Lacking.of(lacks, catalog);
    assertEquals(2 * 4096, lacking.bytes());
    Lacking.OfImage holes = Objects.requireNonNull(lacking.images().get(image));
    assertEquals(Lacking.CHECKPOINTS_MAX, holes.checkpoints().size());
    assertFalse(holes.isWhole(base), "what is not listed is behind the last that is");
  }

  @Test
  void withoutItsBaseAnIncrementMayLackAllOfTheTract() {
    CheckpointId full = commit(Optional.empty(), 9 << 20);
    CheckpointId next = commit(Optional.of(full), 5_000);
    apply(new Command.Retire(image, List.of(full)));
    Lacking lacking = Lacking.of(List.of(new Lack(image, next, TractSet.NONE.plus(0, 1))), catalog);
    assertFalse(catalog.image(image).orElseThrow().committed().containsKey(full));
    assertEquals(RegionSpec.TRACT_BYTES, lacking.bytes());
  }

  @Test
  void whatIsGoneIsNotLacking() {
    Lack lack = new Lack(new ImageId(99), new CheckpointId(1), TractSet.NONE.plus(0, 1));
    assertTrue(Lacking.of(List.of(lack), catalog).isNothing());
  }
}
