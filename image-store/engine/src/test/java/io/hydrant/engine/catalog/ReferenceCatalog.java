package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rules once more, told naively: every checkpoint that ever was is a mutable row with a state,
 * and lines are walks along bases. Rejections carry no message.
 */
final class ReferenceCatalog {
  enum State {
    OPEN,
    COMMITTED,
    RETIRED,
    ABORTED
  }

  static final class Row {
    final long id;
    final long base;
    final long epoch;
    final RegionTable regions;
    State state = State.OPEN;
    Command.Content content = CatalogScript.content(0);
    long index;
    long millis;

    Row(long id, long base, long epoch, RegionTable regions) {
      this.id = id;
      this.base = base;
      this.epoch = epoch;
      this.regions = regions;
    }

    boolean wasCommitted() {
      return state == State.COMMITTED || state == State.RETIRED;
    }
  }

  static final class Image {
    final long uid;
    final String name;
    final RequestId request;
    final long created;
    final Durability durability;
    RetentionPolicy retention;
    Optional<Quota> quota;
    LearnedPlan plan = LearnedPlan.NONE;
    final TreeMap<String, Long> names = new TreeMap<>();
    long epoch;
    RequestId token = RequestId.NONE;
    long ownerSession;
    boolean deleting;
    long head;
    final TreeMap<Long, Row> rows = new TreeMap<>();
    final TreeMap<Long, SessionInfo> sessions = new TreeMap<>();

    /** By what it is of: pages. Forgotten when nothing retained builds on the checkpoint. */
    final TreeMap<DamagedPages.Place, TreeSet<Integer>> damaged = new TreeMap<>();

    Image(long uid, Command.CreateImage create, RequestId request, long created) {
      this.uid = uid;
      this.name = create.name();
      this.request = request;
      this.created = created;
      this.durability = create.durability();
      this.retention = create.retention();
      this.quota = create.quota();
    }

    /** Whether a retained checkpoint builds on this one, or is it. */
    boolean isSeen(long id) {
      return in(State.COMMITTED).stream().anyMatch(row -> ancestry(row.id).contains(id));
    }

    DamagedPages damagedPages() {
      DamagedPages pages = DamagedPages.NONE;
      for (var place : damaged.entrySet()) {
        pages = pages.plus(place.getKey(), List.copyOf(place.getValue()));
      }
      return pages;
    }

    List<Row> in(State state) {
      return rows.values().stream().filter(row -> row.state == state).toList();
    }

    /** What nothing keeps: neither for itself, nor by number, nor by age. */
    List<CheckpointId> retirable(long now) {
      List<Row> committed = in(State.COMMITTED);
      List<CheckpointId> retirable = new ArrayList<>();
      for (Row row : committed) {
        long newer = committed.stream().filter(other -> other.id > row.id).count();
        boolean kept =
            newer < retention.keepLast()
                || row.id == head
                || names.containsValue(row.id)
                || sessions.values().stream().anyMatch(s -> s.checkpoint().value() == row.id)
                || retention.keepForMillis().filter(age -> now - row.millis < age).isPresent()
                || retention.tiers().stream().anyMatch(tier -> keeps(tier, row, now));
        if (!kept) {
          retirable.add(new CheckpointId(row.id));
        }
      }
      return retirable;
    }

    private boolean keeps(RetentionPolicy.Tier tier, Row row, long now) {
      return now - row.millis < tier.windowMillis()
          && in(State.COMMITTED).stream()
              .noneMatch(other ->
                  other.id < row.id
                      && other.millis / tier.spacingMillis() == row.millis / tier.spacingMillis());
    }

    /** The checkpoint, its base and so on down to the full one. */
    TreeSet<Long> ancestry(long id) {
      TreeSet<Long> ancestry = new TreeSet<>();
      for (long at = id; at != 0; at = rows.get(at) == null ? 0 : row(at).base) {
        ancestry.add(at);
      }
      return ancestry;
    }

    Row row(long id) {
      return Optional.ofNullable(rows.get(id)).orElseThrow();
    }

    /** How often a line jumps over a committed checkpoint that is not on it, plus one. */
    long runs(TreeSet<Long> line) {
      long jumps = 0;
      Long above = null;
      for (long id : line.descendingSet()) {
        if (above != null && committedBetween(id, above)) {
          jumps++;
        }
        above = id;
      }
      return jumps + 1;
    }

    boolean committedBetween(long low, long high) {
      return rows.subMap(low, false, high, false).values().stream().anyMatch(Row::wasCommitted);
    }
  }

  record Answer(Object outcome, List<Effect> effects) {}

  final TreeMap<Long, Image> images = new TreeMap<>();
  long uids;
  long millis;

  Answer apply(long index, Entry entry) {
    millis = Math.max(millis, entry.leaderMillis());
    List<Effect> effects = new ArrayList<>();
    Object outcome = apply(index, entry.request(), entry.command(), effects);
    return new Answer(outcome, effects);
  }

  private Object apply(long index, RequestId request, Command command, List<Effect> effects) {
    return switch (command) {
      case Command.CreateImage create -> create(create, request);
      case Command.DeleteImage(ImageId id, boolean defer) -> delete(id.value(), defer, effects);
      case Command.SetRetention set -> setRetention(set.image().value(), set.retention());
      case Command.SetQuota set -> setQuota(set.image().value(), set.quota());
      case Command.LearnPlan learn -> learn(learn.image().value(), learn.learned());
      case Command.NameCheckpoint name -> name(name);
      case Command.ReleaseName release -> release(release);
      case Command.Acquire acquire -> acquire(acquire, index, effects);
      case Command.Open open -> open(open, effects);
      case Command.Commit commit -> commit(commit, index, effects);
      case Command.Abort abort -> abort(abort, effects);
      case Command.Pin pin -> pin(pin, index, request);
      case Command.Renew(SessionId id) -> renew(id);
      case Command.Unpin unpin -> unpin(unpin, effects);
      case Command.Retire(ImageId id, List<CheckpointId> asked) ->
          retire(id.value(), asked, effects);
      case Command.MarkDamaged mark -> mark(mark);
      case Command.DigestAt() -> {
        effects.add(new Effect.TakeDigest());
        yield new Outcome.DigestAsked(index);
      }
    };
  }

  private Object create(Command.CreateImage create, RequestId request) {
    String name = create.name();
    if (!name.matches("[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}")) {
      return Rejection.INVALID;
    }
    for (Image image : images.values()) {
      if (image.name.equals(name)) {
        boolean repeat = !request.equals(RequestId.NONE) && image.request.equals(request);
        return repeat ? new Outcome.ImageCreated(new ImageId(image.uid)) : Rejection.NAME_TAKEN;
      }
    }
    uids++;
    images.put(uids, new Image(uids, create, request, millis));
    return new Outcome.ImageCreated(new ImageId(uids));
  }

  private Object delete(long uid, boolean defer, List<Effect> effects) {
    Image image = images.get(uid);
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    if (image.deleting) {
      return new Outcome.ImageDeleted(true);
    }
    if (!image.sessions.isEmpty() && !defer) {
      return Rejection.PINNED;
    }
    abortAll(image, image.in(State.OPEN), effects);
    if (image.sessions.isEmpty()) {
      images.remove(uid);
      effects.add(new Effect.DropImage(new ImageId(uid)));
      return new Outcome.ImageDeleted(false);
    }
    image.deleting = true;
    image.names.clear();
    return new Outcome.ImageDeleted(true);
  }

  private Object setRetention(long uid, RetentionPolicy retention) {
    Image image = images.get(uid);
    if (image == null || image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    image.retention = retention;
    return new Outcome.RetentionSet();
  }

  private Object setQuota(long uid, Optional<Quota> quota) {
    Image image = images.get(uid);
    if (image == null || image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    image.quota = quota;
    return new Outcome.QuotaSet();
  }

  private Object learn(long uid, LearnedPlan learned) {
    Image image = images.get(uid);
    if (image == null || image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    boolean next = learned.version() == image.plan.version() + 1;
    image.plan = next ? learned : image.plan;
    return new Outcome.PlanLearned(image.plan.version(), next);
  }

  private Object name(Command.NameCheckpoint name) {
    Image image = images.get(name.image().value());
    if (image == null || image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    if (!name.name().matches("[a-zA-Z][a-zA-Z0-9._-]{0,127}")) {
      return Rejection.INVALID;
    }
    long id = name.checkpoint().value();
    Long holder = image.names.get(name.name());
    if (holder != null && holder != id) {
      return Rejection.NAME_TAKEN;
    }
    Object refusal = restorable(image, id);
    if (refusal != null) {
      return refusal;
    }
    image.names.put(name.name(), id);
    return new Outcome.CheckpointNamed(new CheckpointKey(name.image(), name.checkpoint()));
  }

  private Object release(Command.ReleaseName release) {
    Image image = images.get(release.image().value());
    if (image == null || image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    return new Outcome.NameReleased(image.names.remove(release.name()) != null);
  }

  private Object acquire(Command.Acquire acquire, long index, List<Effect> effects) {
    Image image = images.get(acquire.image().value());
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    boolean repeat =
        !acquire.ownerToken().equals(RequestId.NONE) && acquire.ownerToken().equals(image.token);
    if (image.deleting && !(repeat && image.sessions.containsKey(image.ownerSession))) {
      return Rejection.UNKNOWN_IMAGE;
    }
    if (!repeat) {
      if (acquire.seenEpoch().isPresent() && acquire.seenEpoch().get().value() != image.epoch) {
        return Rejection.STALE_EPOCH;
      }
      long head = image.head;
      int lease = 0;
      switch (acquire.restore()) {
        case Command.Restore.None() -> {}
        case Command.Restore.Head(int millis) -> lease = millis;
        case Command.Restore.At(CheckpointId point, Optional<Integer> millis) -> {
          head = point.value();
          lease = millis.orElse(0);
        }
      }
      boolean pins =
          acquire.restore() instanceof Command.Restore.Head
              || acquire.restore() instanceof Command.Restore.At at && at.leaseMillis().isPresent();
      if (pins && (lease < 1_000 || lease > 3_600_000)) {
        return Rejection.INVALID;
      }
      if (pins && image.sessions.size() >= 1_024) {
        return Rejection.LIMIT_EXCEEDED;
      }
      if (!(acquire.restore() instanceof Command.Restore.None)) {
        Object refusal = restorable(image, head);
        if (refusal != null) {
          return refusal;
        }
      }
      image.head = head;
      image.epoch++;
      image.token = acquire.ownerToken();
      image.ownerSession = pins ? index : 0;
      if (pins) {
        image.sessions.put(
            index,
            new SessionInfo(
                new SessionId(index),
                acquire.image(),
                new CheckpointId(head),
                lease,
                0,
                RequestId.NONE));
      }
      abortAll(image, image.in(State.OPEN), effects);
    }
    Optional<Outcome.Pinned> session =
        Optional.ofNullable(image.sessions.get(image.ownerSession)).map(ReferenceCatalog::pinned);
    return image.head == 0
        ? new Outcome.Acquired(new Epoch(image.epoch), Optional.empty(), Optional.empty(), session)
        : new Outcome.Acquired(
            new Epoch(image.epoch),
            Optional.of(new CheckpointId(image.head)),
            Optional.of(image.row(image.head).content.digest()),
            session);
  }

  private Object open(Command.Open open, List<Effect> effects) {
    Image image = images.get(open.image().value());
    if (image == null || image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    if (open.epoch().value() != image.epoch || image.epoch == 0) {
      return Rejection.STALE_EPOCH;
    }
    boolean full = open.kind() == CheckpointKind.FULL;
    if (full != open.base().isEmpty() || full != open.regions().isPresent()) {
      return Rejection.INVALID;
    }
    long base = open.base().map(CheckpointId::value).orElse(0L);
    if (!full) {
      Row row = image.rows.get(base);
      boolean fits = row != null && (base == image.head || row.state == State.OPEN);
      if (!fits) {
        return row == null || image.head == 0 ? Rejection.SEND_FULL : Rejection.WRONG_BASE;
      }
      TreeSet<Long> line = image.ancestry(base);
      if (image.damaged.keySet().stream().anyMatch(place -> line.contains(place.checkpoint()))) {
        return Rejection.SEND_FULL;
      }
      line.add((long) image.rows.size() + 1);
      if (image.runs(line) > 64) {
        return Rejection.SEND_FULL;
      }
    }
    TreeSet<Long> line = full ? new TreeSet<>() : image.ancestry(base);
    List<Row> beside = image.in(State.OPEN).stream().filter(row -> !line.contains(row.id)).toList();
    if (image.in(State.OPEN).size() - beside.size() >= 2) {
      return Rejection.TOO_MANY_OPEN;
    }
    abortAll(image, beside, effects);
    long id = image.rows.size() + 1;
    RegionTable regions = open.regions().orElseGet(() -> image.row(base).regions);
    image.rows.put(id, new Row(id, base, image.epoch, regions));
    return new Outcome.Opened(CheckpointKey.of(image.uid, id));
  }

  private Object commit(Command.Commit commit, long index, List<Effect> effects) {
    Image image = images.get(commit.key().image().value());
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    Row row = image.rows.get(commit.key().checkpoint().value());
    if (row == null) {
      return Rejection.UNKNOWN_CHECKPOINT;
    }
    if (row.state == State.ABORTED) {
      return Rejection.ABORTED;
    }
    if (row.wasCommitted()) {
      long retiredAbove =
          image.in(State.RETIRED).stream().filter(other -> other.id > row.id).count();
      if (row.state == State.RETIRED && retiredAbove >= 16) {
        return new Outcome.Committed(commit.key(), index);
      }
      return row.content.digest().equals(commit.content().digest())
          ? new Outcome.Committed(commit.key(), row.index)
          : Rejection.DIGEST_MISMATCH;
    }
    if (commit.epoch().value() != image.epoch) {
      return Rejection.STALE_EPOCH;
    }
    if (row.base != 0 && row.base != image.head) {
      return Rejection.WRONG_BASE;
    }
    row.state = State.COMMITTED;
    row.content = commit.content();
    row.index = index;
    row.millis = millis;
    image.head = row.id;
    effects.add(new Effect.Publish(commit.key(), commit.content()));
    return new Outcome.Committed(commit.key(), index);
  }

  private Object abort(Command.Abort abort, List<Effect> effects) {
    Image image = images.get(abort.key().image().value());
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    Row row = image.rows.get(abort.key().checkpoint().value());
    if (row == null) {
      return Rejection.UNKNOWN_CHECKPOINT;
    }
    if (row.wasCommitted()) {
      return Rejection.INVALID;
    }
    if (row.state == State.OPEN) {
      if (abort.epoch().isPresent() && abort.epoch().get().value() != image.epoch) {
        return Rejection.STALE_EPOCH;
      }
      abortAll(
          image,
          image.in(State.OPEN).stream()
              .filter(other -> image.ancestry(other.id).contains(row.id))
              .toList(),
          effects);
    }
    return new Outcome.Aborted(abort.key());
  }

  private Object pin(Command.Pin pin, long index, RequestId request) {
    Image image = images.get(pin.image().value());
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    for (SessionInfo session : image.sessions.values()) {
      if (session.request().equals(request) && !request.equals(RequestId.NONE)) {
        return pinned(session);
      }
    }
    if (image.deleting) {
      return Rejection.UNKNOWN_IMAGE;
    }
    if (pin.leaseMillis() < 1_000 || pin.leaseMillis() > 3_600_000) {
      return Rejection.INVALID;
    }
    if (image.sessions.size() >= 1_024) {
      return Rejection.LIMIT_EXCEEDED;
    }
    long checkpoint = pin.checkpoint().map(CheckpointId::value).orElse(image.head);
    Object refusal = restorable(image, checkpoint);
    if (refusal != null) {
      return refusal;
    }
    SessionInfo session =
        new SessionInfo(
            new SessionId(index),
            pin.image(),
            new CheckpointId(checkpoint),
            pin.leaseMillis(),
            0,
            request);
    image.sessions.put(index, session);
    return pinned(session);
  }

  private static Outcome.Pinned pinned(SessionInfo session) {
    return new Outcome.Pinned(
        session.id(),
        new CheckpointKey(session.image(), session.checkpoint()),
        session.leaseMillis());
  }

  private static @Nullable Object restorable(Image image, long id) {
    Row row = image.rows.get(id);
    if (row == null) {
      return Rejection.UNKNOWN_CHECKPOINT;
    }
    return switch (row.state) {
      case OPEN, ABORTED -> Rejection.NOT_COMMITTED;
      case RETIRED -> Rejection.RETIRED;
      case COMMITTED -> null;
    };
  }

  private Object renew(SessionId id) {
    for (Image image : images.values()) {
      SessionInfo s = image.sessions.get(id.value());
      if (s != null) {
        image.sessions.put(
            id.value(),
            new SessionInfo(
                id, s.image(), s.checkpoint(), s.leaseMillis(), s.renewals() + 1, s.request()));
        return new Outcome.Renewed(s.leaseMillis());
      }
    }
    return Rejection.UNKNOWN_SESSION;
  }

  private Object unpin(Command.Unpin unpin, List<Effect> effects) {
    for (Image image : List.copyOf(images.values())) {
      SessionInfo session = image.sessions.get(unpin.session().value());
      if (session != null) {
        if (unpin.seenRenewals().isPresent() && unpin.seenRenewals().get() < session.renewals()) {
          return Rejection.INVALID;
        }
        image.sessions.remove(unpin.session().value());
        if (image.deleting && image.sessions.isEmpty()) {
          images.remove(image.uid);
          effects.add(new Effect.DropImage(new ImageId(image.uid)));
        }
        return new Outcome.Unpinned();
      }
    }
    return Rejection.UNKNOWN_SESSION;
  }

  private Object retire(long uid, List<CheckpointId> asked, List<Effect> effects) {
    Image image = images.get(uid);
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    List<Row> kept = image.in(State.COMMITTED);
    TreeSet<Long> stay = new TreeSet<>();
    kept.reversed().stream().limit(image.retention.keepLast()).forEach(row -> stay.add(row.id));
    stay.add(image.head);
    image.sessions.values().forEach(session -> stay.add(session.checkpoint().value()));
    stay.addAll(image.names.values());
    List<CheckpointId> gone = new ArrayList<>();
    for (Row row : kept) {
      if (asked.contains(new CheckpointId(row.id)) && !stay.contains(row.id)) {
        row.state = State.RETIRED;
        gone.add(new CheckpointId(row.id));
      }
    }
    image.damaged.keySet().removeIf(place -> !image.isSeen(place.checkpoint()));
    if (!gone.isEmpty()) {
      effects.add(new Effect.Retire(new ImageId(uid), gone));
    }
    return new Outcome.Retired(gone);
  }

  private Object mark(Command.MarkDamaged mark) {
    Image image = images.get(mark.image().value());
    if (image == null) {
      return Rejection.UNKNOWN_IMAGE;
    }
    long id = mark.checkpoint().value();
    if (!image.isSeen(id)) {
      return Rejection.UNKNOWN_CHECKPOINT;
    }
    RegionTable regions = image.row(id).regions;
    if (mark.region() >= regions.size() || mark.pages().isEmpty()) {
      return Rejection.INVALID;
    }
    RegionSpec spec = regions.get(mark.region());
    if (mark.tract() >= spec.tracts()
        || !mark.pages().equals(mark.pages().stream().sorted().distinct().toList())
        || mark.pages().getLast() >= spec.pagesOfTract(mark.tract())) {
      return Rejection.INVALID;
    }
    TreeSet<Integer> known =
        image.damaged.computeIfAbsent(
            new DamagedPages.Place(mark.region(), mark.tract(), id), _ -> new TreeSet<>());
    int before = known.size();
    known.addAll(mark.pages());
    return new Outcome.PagesMarked(known.size() - before);
  }

  private static void abortAll(Image image, List<Row> rows, List<Effect> effects) {
    for (Row row : rows.reversed()) {
      row.state = State.ABORTED;
      effects.add(new Effect.DropStaged(CheckpointKey.of(image.uid, row.id)));
    }
  }
}
