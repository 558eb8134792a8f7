package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ImageCommandsTest {
  private final CatalogScript script = new CatalogScript();

  @Test
  void givesUidsThatAreNeverUsedAgain() {
    ImageId first = script.create("vm");
    assertEquals(
        new Outcome.ImageDeleted(false), script.apply(new Command.DeleteImage(first, false)));
    assertTrue(script.catalog.isDropped(first));
    ImageId second = script.create("vm");
    assertEquals(new ImageId(1), first);
    assertEquals(new ImageId(2), second);
    assertFalse(script.catalog.isDropped(second));
    assertFalse(script.catalog.isDropped(new ImageId(3)), "not given out yet");
  }

  @Test
  void checksNames() {
    for (String good : List.of("a", "9", "A.b_c-d", "x".repeat(128))) {
      script.create(good);
    }
    for (String bad :
        List.of("", ".a", "-a", "_a", "a b", "a/b", "ä", "a\u0000", "x".repeat(129))) {
      script.refused(Rejection.INVALID, new Command.CreateImage(bad, 16));
    }
  }

  @Test
  void keepsItsRetention() {
    script.create("least", 1);
    script.create("most", 10_000);
    assertEquals(
        new Outcome.RetentionSet(), script.apply(new Command.SetRetention(new ImageId(1), 7)));
    assertEquals(7, script.image(new ImageId(1)).keepLast());
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.SetRetention(new ImageId(3), 7));
  }

  @Test
  void answersARepeatedCreateAsTheFirstTime() {
    Command create = new Command.CreateImage("vm", 16);
    Outcome first = script.as(request(1)).apply(create);
    assertEquals(first, script.as(request(1)).apply(create));
    script.as(request(2)).refused(Rejection.NAME_TAKEN, create);
    script.refused(Rejection.NAME_TAKEN, create);
    script.create("anonymous");
    script.refused(Rejection.NAME_TAKEN, new Command.CreateImage("anonymous", 16));
  }

  @Test
  void durabilityIsForTheImagesLife() {
    Command create = new Command.CreateImage("vm", 16, Durability.ALL);
    Outcome first = script.as(request(1)).apply(create);
    ImageId vm = new ImageId(1);
    assertEquals(new Outcome.ImageCreated(vm), first);
    assertEquals(Durability.ALL, script.image(vm).durability());
    assertEquals(first, script.as(request(1)).apply(new Command.CreateImage("vm", 16)));
    script.apply(new Command.SetRetention(vm, 7));
    script.acquire(vm, 1);
    script.full(vm);
    assertEquals(Durability.ALL, script.image(vm).durability());
    assertEquals(Durability.QUORUM, script.image(script.create("other")).durability());
  }

  @Test
  void holdsALimitedNumberOfImages() {
    Catalog catalog = new Catalog();
    Entry entry = entry(new Command.CreateImage("first", 16));
    catalog.apply(new EntryPosition(1, 0), entry);
    for (int i = 1; i <= CatalogLimits.IMAGES_MAX; i++) {
      Outcome outcome =
          catalog
              .apply(new EntryPosition(1, i), entry(new Command.CreateImage("vm" + i, 16)))
              .outcome();
      boolean refused =
          outcome instanceof Outcome.Rejected(Rejection reason, String _, Optional<CheckpointId> _)
              && reason == Rejection.LIMIT_EXCEEDED;
      assertEquals(i == CatalogLimits.IMAGES_MAX, refused, "image " + i);
    }
  }

  @Test
  void dropsOpenCheckpointsBeforeTheImage() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId first = script.openFull(vm);
    CheckpointId second = script.openOn(vm, first);
    script.apply(new Command.DeleteImage(vm, false));
    assertEquals(
        List.of(
            new Effect.DropStaged(new CheckpointKey(vm, second)),
            new Effect.DropStaged(new CheckpointKey(vm, first)),
            new Effect.DropImage(vm)),
        script.effects());
  }

  @Test
  void knowsNothingOfADeletedImage() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId one = script.full(vm);
    Command open = script.incrementalOpen(vm, one);
    Command commit = script.commitOf(vm, one);
    script.apply(new Command.DeleteImage(vm, true));
    CheckpointKey key = new CheckpointKey(vm, one);
    for (Command command :
        List.of(
            open,
            commit,
            new Command.Abort(key, Optional.empty()),
            new Command.Acquire(vm, Optional.empty(), request(1)),
            new Command.Pin(vm, Optional.empty(), CatalogScript.LEASE),
            new Command.Retire(vm, List.of(one)),
            new Command.SetRetention(vm, 3),
            new Command.NameCheckpoint(vm, one, "x"),
            new Command.ReleaseName(vm, "x"),
            new Command.DeleteImage(vm, false))) {
      script.refused(Rejection.UNKNOWN_IMAGE, command);
    }
    assertEquals(Optional.empty(), script.catalog.imageNamed("vm"));
  }

  @Test
  void refusesToDeleteAPinnedImageUnlessDeferred() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId one = script.full(vm);
    CheckpointId two = script.openOn(vm, one);
    SessionId session = script.as(request(5)).pinHead(vm).session();
    SessionId other = script.pinHead(vm).session();
    script.refused(Rejection.PINNED, new Command.DeleteImage(vm, false));
    Outcome deferred = new Outcome.ImageDeleted(true);
    assertEquals(deferred, script.apply(new Command.DeleteImage(vm, true)));
    assertEquals(List.of(new Effect.DropStaged(new CheckpointKey(vm, two))), script.effects());
    assertTrue(script.image(vm).deleting());
    assertEquals(ImageState.Fate.ABORTED, script.image(vm).fate(two));
    assertEquals(deferred, script.apply(new Command.DeleteImage(vm, false)), "a repeat");
    script.refused(Rejection.NAME_TAKEN, new Command.CreateImage("vm", 16));

    script.refused(Rejection.UNKNOWN_IMAGE, script.incrementalOpen(vm, one));
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.Acquire(vm, Optional.empty(), request(1)));
    script.refused(
        Rejection.UNKNOWN_IMAGE, new Command.Pin(vm, Optional.of(one), CatalogScript.LEASE));
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.SetRetention(vm, 3));
    assertEquals(session, script.as(request(5)).pinHead(vm).session(), "its repeat");
    script.commit(vm, one);
    script.refused(Rejection.ABORTED, script.commitOf(vm, two));

    script.apply(new Command.Renew(session));
    script.unpin(other);
    assertEquals(List.of(), script.effects());
    script.unpin(session);
    assertEquals(List.of(new Effect.DropImage(vm)), script.effects());
    assertTrue(script.catalog.isDropped(vm));
    assertEquals(Optional.empty(), script.catalog.session(session));
    assertNotEquals(vm, script.create("vm"));
  }

  @Test
  void takesTheGreatestClockSeen() {
    script.at(5_000);
    ImageId first = script.create("first");
    script.at(3_000);
    ImageId second = script.create("second");
    assertEquals(5_000, script.image(first).createdMillis());
    assertEquals(5_000, script.image(second).createdMillis());
    script.at(9_000).refused(Rejection.INVALID, new Command.CreateImage("", 16));
    assertEquals(9_000, script.catalog.catalogMillis(), "also at a rejection");
    script.at(-1).create("third");
    assertEquals(9_000, script.catalog.catalogMillis());
  }

  @Test
  void appliesInOrderOnly() {
    Catalog catalog = new Catalog();
    assertEquals(EntryPosition.NONE, catalog.applied());
    catalog.skip(new EntryPosition(2, 5));
    assertEquals(new EntryPosition(2, 5), catalog.applied());
    Entry entry = entry(new Command.CreateImage("vm", 16));
    assertThrows(IllegalStateException.class, () -> catalog.apply(new EntryPosition(2, 5), entry));
    assertThrows(IllegalStateException.class, () -> catalog.skip(new EntryPosition(3, 4)));
    assertThrows(IllegalStateException.class, () -> catalog.apply(new EntryPosition(1, 6), entry));
    assertEquals(List.of(), List.copyOf(catalog.images()));
    catalog.apply(new EntryPosition(2, 6), entry);
    assertEquals(6, catalog.imageNamed("vm").orElseThrow().changedIndex());
  }

  @Test
  void listsByName() {
    for (String name : List.of("b", "d", "a", "c")) {
      script.create(name);
    }
    assertEquals(
        List.of("a", "b", "c", "d"),
        script.catalog.images().stream().map(ImageState::name).toList());
    assertEquals(
        List.of("b", "c"),
        script.catalog.imagesAfter("a", 2).stream().map(ImageState::name).toList());
    assertEquals(List.of(), script.catalog.imagesAfter("d", 2));
  }

  private static Entry entry(Command command) {
    return new Entry(1, RequestId.NONE, RequestId.NONE, command);
  }
}
