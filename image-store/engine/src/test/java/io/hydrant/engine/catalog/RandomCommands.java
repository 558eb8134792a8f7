package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.request;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Entries that mostly make sense for a catalog, and sometimes do not. */
final class RandomCommands {
  private static final List<String> NAMES = List.of("a", "b", "c", "d", "_bad", "");
  private static final List<String> CHECKPOINT_NAMES = List.of("x", "y", "Z.1", "7", "");
  private static final long TOKENS = 4;

  private final RandomGenerator random;
  private final ReferenceCatalog now;

  RandomCommands(RandomGenerator random, ReferenceCatalog now) {
    this.random = random;
    this.now = now;
  }

  Entry next() {
    long clock = now.millis + random.nextLong(-5, 10);
    RequestId request = random.nextInt(3) == 0 ? request(random.nextLong(20)) : RequestId.NONE;
    return new Entry(clock, request(1), request, command());
  }

  private Command command() {
    ImageId image = image();
    Optional<ReferenceCatalog.Image> known = Optional.ofNullable(now.images.get(image.value()));
    int dice = random.nextInt(100);
    if (now.images.isEmpty() || dice < 3) {
      return new Command.CreateImage(
          pick(NAMES), retention(), pick(List.of(Durability.values())), quota());
    }
    if (dice < 4) {
      return new Command.DeleteImage(image, random.nextBoolean());
    }
    if (dice < 7) {
      return switch (random.nextInt(4)) {
        case 0 -> new Command.SetQuota(image, quota());
        case 1 ->
            new Command.LearnPlan(
                image, new LearnedPlan(random.nextInt(4), new byte[random.nextInt(3)]));
        default -> new Command.SetRetention(image, retention());
      };
    }
    if (dice < 12 || known.isPresent() && known.get().epoch == 0) {
      return acquire(image, known);
    }
    if (dice < 40) {
      return open(image, known);
    }
    if (dice < 68) {
      return commit(image, known);
    }
    if (dice < 72) {
      return new Command.Abort(
          new CheckpointKey(image, openId(known)),
          random.nextBoolean() ? Optional.empty() : Optional.of(epoch(known)));
    }
    if (dice < 79) {
      return new Command.Pin(
          image,
          random.nextBoolean() ? Optional.empty() : Optional.of(anyId(known)),
          rarely() ? random.nextInt(2_000) : 1_000);
    }
    if (dice < 82) {
      return new Command.Renew(session(known));
    }
    if (dice < 89) {
      return new Command.Unpin(
          session(known),
          random.nextBoolean() ? Optional.empty() : Optional.of(random.nextLong(3)));
    }
    if (dice < 91) {
      return random.nextBoolean() ? new Command.DigestAt() : mark(image, known);
    }
    if (dice < 94) {
      return random.nextInt(3) > 0
          ? new Command.NameCheckpoint(image, anyId(known), pick(CHECKPOINT_NAMES))
          : new Command.ReleaseName(image, pick(CHECKPOINT_NAMES));
    }
    return retire(image, known);
  }

  private Command mark(ImageId image, Optional<ReferenceCatalog.Image> known) {
    List<Integer> pages = new ArrayList<>();
    int page = 0;
    for (int left = random.nextInt(rarely() ? 1 : 4); left >= 0; left--) {
      page += random.nextInt(rarely() ? 3_000 : 2);
      pages.add(page++);
    }
    return new Command.MarkDamaged(
        image,
        rarely() ? random.nextInt(3) : 0,
        rarely() ? random.nextInt(200) : random.nextInt(3),
        anyId(known),
        rarely() ? pages.reversed() : pages);
  }

  private Command acquire(ImageId image, Optional<ReferenceCatalog.Image> known) {
    return new Command.Acquire(
        image,
        random.nextBoolean() ? Optional.empty() : Optional.of(epoch(known)),
        rarely() ? RequestId.NONE : request(random.nextLong(TOKENS)),
        restore(known));
  }

  private Command.Restore restore(Optional<ReferenceCatalog.Image> known) {
    int lease = rarely() ? random.nextInt(2_000) : 1_000;
    return switch (random.nextInt(5)) {
      case 0, 1 -> Command.Restore.NONE;
      case 2 -> new Command.Restore.Head(lease);
      case 3 -> new Command.Restore.At(anyId(known));
      default -> new Command.Restore.At(anyId(known), Optional.of(lease));
    };
  }

  private Command open(ImageId image, Optional<ReferenceCatalog.Image> known) {
    boolean headless = known.isEmpty() || known.get().head == 0;
    boolean full = random.nextInt(headless ? 2 : 12) == 0;
    boolean crooked = random.nextInt(30) == 0;
    Optional<CheckpointId> base =
        full
            ? Optional.empty()
            : Optional.of(
                random.nextInt(4) == 0 ? openId(known) : rarely() ? anyId(known) : head(known));
    Optional<RegionTable> regions =
        full != crooked ? Optional.of(regions(random.nextInt(1, 4))) : Optional.empty();
    CheckpointKind kind = full ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL;
    return new Command.Open(image, epoch(known), kind, base, regions);
  }

  private Command commit(ImageId image, Optional<ReferenceCatalog.Image> known) {
    CheckpointId id = rarely() ? anyId(known) : openId(known);
    long seed = rarely() ? random.nextLong(50) : id.value();
    return new Command.Commit(
        new CheckpointKey(image, id), epoch(known), CatalogScript.content(seed), List.of("n1"));
  }

  private Command retire(ImageId image, Optional<ReferenceCatalog.Image> known) {
    List<CheckpointId> ids = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      ids.add(anyId(known));
    }
    if (known.isPresent() && random.nextInt(3) == 0) {
      return new Command.Retire(image, known.get().retirable(now.millis));
    }
    known
        .filter(row -> random.nextBoolean())
        .map(row -> row.in(ReferenceCatalog.State.COMMITTED))
        .filter(rows -> !rows.isEmpty())
        .ifPresent(rows -> rows.forEach(row -> ids.add(cp(row.id))));
    return new Command.Retire(image, ids);
  }

  static RegionTable regions(int count) {
    List<RegionSpec> regions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      regions.add(new RegionSpec("region " + i, RegionKind.MEMORY, 4_096, 4_096L * (i + 1)));
    }
    return new RegionTable(regions);
  }

  private ImageId image() {
    List<Long> uids = List.copyOf(now.images.keySet());
    return uids.isEmpty() || rarely()
        ? new ImageId(random.nextLong(1, now.uids + 2))
        : new ImageId(pick(uids));
  }

  private Epoch epoch(Optional<ReferenceCatalog.Image> known) {
    long epoch = known.map(image -> image.epoch).orElse(0L);
    return new Epoch(rarely() ? random.nextLong(epoch + 2) : epoch);
  }

  private CheckpointId head(Optional<ReferenceCatalog.Image> known) {
    return cp(Math.max(1, known.map(image -> image.head).orElse(0L)));
  }

  private CheckpointId anyId(Optional<ReferenceCatalog.Image> known) {
    long ids = known.map(image -> (long) image.rows.size()).orElse(0L);
    long low = random.nextBoolean() ? Math.max(1, ids - 8) : 1;
    return cp(random.nextLong(low, ids + 2));
  }

  private CheckpointId openId(Optional<ReferenceCatalog.Image> known) {
    List<ReferenceCatalog.Row> open =
        known.map(image -> image.in(ReferenceCatalog.State.OPEN)).orElse(List.of());
    if (open.isEmpty() || rarely()) {
      return anyId(known);
    }
    return cp(random.nextInt(3) > 0 ? open.getFirst().id : open.getLast().id);
  }

  private SessionId session(Optional<ReferenceCatalog.Image> known) {
    List<Long> sessions =
        known.map(image -> List.copyOf(image.sessions.keySet())).orElse(List.of());
    return new SessionId(sessions.isEmpty() || rarely() ? random.nextLong(100) : pick(sessions));
  }

  private RetentionPolicy retention() {
    int keepLast = random.nextInt(1, 6);
    return random.nextInt(3) > 0
        ? RetentionPolicy.last(keepLast)
        : new RetentionPolicy(
            keepLast,
            random.nextBoolean() ? Optional.empty() : Optional.of(random.nextLong(1, 50)),
            List.of(
                new RetentionPolicy.Tier(50, random.nextLong(1, 5)),
                new RetentionPolicy.Tier(200, random.nextLong(5, 20))));
  }

  private Optional<Quota> quota() {
    return random.nextBoolean() ? Optional.empty() : Optional.of(new Quota(random.nextLong(1, 5)));
  }

  private boolean rarely() {
    return random.nextInt(10) == 0;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
