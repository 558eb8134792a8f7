package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.testkit.raft.RaftEntry;
import io.hydrant.testkit.simulation.cluster.ModelImage.Committed;
import io.hydrant.testkit.simulation.cluster.ModelImage.Fate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the group must be (PROTOCOL, "The checker demands"): the entries in the log's order, which
 * is the order in which everything happened, replayed on plain maps by rules of its own; and what
 * clients were told. Page contents are what the VM was when the checkpoint was taken.
 */
final class ClusterModel {
  private final TreeMap<Long, ModelImage> images = new TreeMap<>();
  private final Map<CheckpointKey, VmCheckpoint> attempts = new HashMap<>();
  private final Map<CheckpointKey, VmContent> everCommitted = new HashMap<>();
  private final Map<CheckpointKey, String> failed = new HashMap<>();
  private final List<@Nullable Outcome> outcomes = new ArrayList<>();
  private final Map<Long, Integer> catalogs = new HashMap<>();
  private List<String> lastHolders = List.of();
  private long commits;

  /** A protector knows the id of what it sends. */
  void attempted(CheckpointKey key, VmCheckpoint checkpoint) {
    VmCheckpoint before = attempts.put(key, checkpoint);
    require(before == null || before == checkpoint, "%s was given out twice", key);
  }

  /** A protector was told that a checkpoint is committed. */
  void toldCommitted(CheckpointKey key) {
    ModelImage image = images.get(key.image().value());
    require(
        image == null
            || image.fate(key.checkpoint().value()) == Fate.COMMITTED
            || image.fate(key.checkpoint().value()) == Fate.RETIRED,
        "%s was acknowledged, but is not committed",
        key);
  }

  /** A protector was told, or may conclude, that a checkpoint never will be committed. */
  void toldFailed(CheckpointKey key, String why) {
    ModelImage image = images.get(key.image().value());
    Fate fate = image == null ? Fate.ABORTED : image.fate(key.checkpoint().value());
    require(fate == Fate.OPEN || fate == Fate.ABORTED, "%s failed (%s), but is %s", key, why, fate);
    failed.put(key, why);
  }

  /** An entry was applied somewhere. */
  void applied(RaftEntry<Entry> at, @Nullable Entry entry, @Nullable Outcome outcome) {
    int place = (int) at.index() - 1;
    if (place < outcomes.size()) {
      require(
          Objects.equals(outcomes.get(place), outcome),
          "%s was answered %s, first %s",
          at,
          outcome,
          outcomes.get(place));
      return;
    }
    require(place == outcomes.size(), "%s was applied behind %d", at, outcomes.size());
    outcomes.add(outcome);
    if (entry != null && outcome != null) {
      decided(at, entry.command(), outcome);
    }
  }

  /** A node's catalog at an index must be every node's. */
  void catalogAt(String node, long index, byte[] encoded) {
    int hash = java.util.Arrays.hashCode(encoded);
    Integer other = catalogs.putIfAbsent(index, hash);
    require(other == null || other == hash, "the catalog of %s differs at index %d", node, index);
  }

  private void decided(RaftEntry<Entry> at, Command command, Outcome outcome) {
    switch (outcome) {
      case Outcome.ImageCreated created ->
          images.putIfAbsent(
              created.image().value(),
              new ModelImage(((Command.CreateImage) command).retention().keepLast()));
      case Outcome.ImageDeleted deleted -> {
        long id = ((Command.DeleteImage) command).image().value();
        if (deleted.deferred()) {
          Objects.requireNonNull(images.get(id)).deleting = true;
        } else {
          images.remove(id);
        }
      }
      case Outcome.Acquired acquired -> acquired((Command.Acquire) command, acquired);
      case Outcome.Opened opened -> opened((Command.Open) command, opened.key());
      case Outcome.Committed committed -> committed(at, (Command.Commit) command, committed);
      case Outcome.Aborted aborted ->
          image(aborted.key()).abort(aborted.key().checkpoint().value());
      case Outcome.Pinned pinned ->
          image(pinned.key()).pins.put(pinned.session().value(), pinned.key().checkpoint().value());
      case Outcome.Unpinned _ -> {
        long session = ((Command.Unpin) command).session().value();
        images.values().forEach(image -> image.pins.remove(session));
        images.values().removeIf(image -> image.deleting && image.pins.isEmpty());
      }
      case Outcome.Retired retired -> {
        ModelImage image =
            Objects.requireNonNull(images.get(((Command.Retire) command).image().value()));
        for (CheckpointId id : retired.checkpoints()) {
          require(!image.isHeld(id.value()), "%s was retired, but is held", id);
        }
        for (CheckpointId id : retired.checkpoints()) {
          image.committed.remove(id.value());
          image.fates.put(id.value(), Fate.RETIRED);
        }
      }
      default -> {} // changes nothing of what is modelled
    }
  }

  private void acquired(Command.Acquire command, Outcome.Acquired acquired) {
    ModelImage image = Objects.requireNonNull(images.get(command.image().value()));
    String token = command.ownerToken().toString();
    if (!image.owner.equals(token)) {
      require(
          acquired.epoch().value() == image.epoch + 1,
          "epoch %s follows %d",
          acquired,
          image.epoch);
      image.epoch++;
      image.owner = token;
      List.copyOf(image.open.keySet()).forEach(image::abort);
      if (command.restore() instanceof Command.Restore.At at) {
        image.head = at.checkpoint().value();
      }
      acquired
          .session()
          .ifPresent(pin -> image.pins.put(pin.session().value(), pin.key().checkpoint().value()));
    }
    require(
        acquired.head().map(CheckpointId::value).orElse(0L) == image.head
            && acquired.epoch().value() == image.epoch,
        "%s, but head is %d and epoch %d",
        acquired,
        image.head,
        image.epoch);
  }

  private void opened(Command.Open command, CheckpointKey key) {
    ModelImage image = image(key);
    long id = key.checkpoint().value();
    long base = command.base().map(CheckpointId::value).orElse(0L);
    require(image.fates.isEmpty() || image.fates.lastKey() < id, "%s was given out before", key);
    require(command.epoch().value() == image.epoch, "%s was opened under %s", key, command.epoch());
    require(
        base == 0 || base == image.head || image.open.containsKey(base),
        "%s was opened on %d, with head %d",
        key,
        base,
        image.head);
    image.abortBeside(base);
    image.fates.put(id, Fate.OPEN);
    image.open.put(id, new ModelImage.Open(base, image.epoch));
  }

  private void committed(RaftEntry<Entry> at, Command.Commit command, Outcome.Committed outcome) {
    CheckpointKey key = outcome.key();
    ModelImage image = image(key);
    long id = key.checkpoint().value();
    require(!failed.containsKey(key), "%s failed (%s), but is committed", key, failed.get(key));
    if (image.fate(id) == Fate.COMMITTED || image.fate(id) == Fate.RETIRED) {
      Committed first = image.committed.get(id);
      require(
          first == null || first.index() == outcome.index(),
          "%s is committed again, at %d",
          key,
          outcome.index());
      return;
    }
    require(image.fate(id) == Fate.OPEN, "%s is committed, but was %s", key, image.fate(id));
    ModelImage.Open open = Objects.requireNonNull(image.open.remove(id));
    require(
        command.epoch().value() == image.epoch && open.epoch() == image.epoch,
        "%s is committed under epoch %s, but the image is at %d",
        key,
        command.epoch(),
        image.epoch);
    require(
        open.base() == 0 || open.base() == image.head,
        "%s is committed on %d, but the head is %d",
        key,
        open.base(),
        image.head);
    VmCheckpoint checkpoint = attempts.get(key);
    require(checkpoint != null, "%s is committed, but nobody knows its id", key);
    VmContent vm = content(key, open.base(), Objects.requireNonNull(checkpoint), command);
    image.fates.put(id, Fate.COMMITTED);
    image.committed.put(id, new Committed(vm, open.base(), at.index()));
    image.head = id;
    everCommitted.put(key, vm);
    lastHolders = command.holders();
    commits++;
  }

  private VmContent content(
      CheckpointKey key, long base, VmCheckpoint checkpoint, Command.Commit command) {
    require(
        checkpoint.content().digest().equals(command.content().digest()),
        "%s is committed with another digest than it was sent with",
        key);
    VmContent before =
        base == 0
            ? VmContent.BLANK
            : Objects.requireNonNull(
                everCommitted.get(CheckpointKey.of(key.image().value(), base)));
    VmContent after = before.with(checkpoint.held(), checkpoint.vm());
    require(after.equals(checkpoint.vm()), "%s restores to another VM than it was taken of", key);
    return after;
  }

  private ModelImage image(CheckpointKey key) {
    return Objects.requireNonNull(images.get(key.image().value()));
  }

  /** What a checkpoint restores to, if it ever was committed. */
  Optional<VmContent> content(CheckpointKey key) {
    return Optional.ofNullable(everCommitted.get(key));
  }

  /** What a session is to read; empty once it has ended. */
  Optional<CheckpointKey> pinned(long image, long session) {
    return Optional.ofNullable(images.get(image))
        .map(found -> found.pins.get(session))
        .map(id -> CheckpointKey.of(image, id));
  }

  /** Whether the last commit names a node as one of its holders. */
  boolean isNamedByLast(String node) {
    return lastHolders.contains(node);
  }

  TreeMap<Long, ModelImage> images() {
    return images;
  }

  /** How many checkpoints were committed. */
  long commits() {
    return commits;
  }

  static void require(boolean holds, String message, @Nullable Object... values) {
    if (!holds) {
      throw new IllegalStateException(message.formatted(values));
    }
  }
}
