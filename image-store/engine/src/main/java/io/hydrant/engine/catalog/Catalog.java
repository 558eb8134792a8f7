package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What exists and who may change it: a pure state machine (PROTOCOL R1). What an entry does follows
 * from the catalog and the entry alone; there is no clock, disk, thread or random number in it, and
 * every map it walks is ordered, so that all replicas stay equal to the byte.
 *
 * <p>One thread applies. Any thread may look: it gets immutable views, each as of one entry, and a
 * view obtained after {@link #applied} was read is at least as new as that. Two views may be of
 * different entries.
 *
 * <p>Applying is total: every command has an outcome. A rejected command changes nothing but
 * position and time. An exception is a bug, and the process must stop.
 */
public final class Catalog {
  private final CatalogTables tables;
  private final ImageCommands images;
  private final OwnerCommands owners;
  private final CheckpointCommands checkpoints;
  private final SessionCommands sessions;
  private final RetentionCommands retention;
  private final NameCommands names;
  private final DamageCommands damage;

  /** Empty, before the first entry. */
  public Catalog() {
    this(CatalogRules.PROTOCOL);
  }

  /** As {@link #Catalog()}, under other rules. */
  public Catalog(CatalogRules rules) {
    this(new CatalogTables(EntryPosition.NONE, 0, 1), rules);
  }

  Catalog(CatalogTables tables) {
    this(tables, CatalogRules.PROTOCOL);
  }

  private Catalog(CatalogTables tables, CatalogRules rules) {
    this.tables = tables;
    this.images = new ImageCommands(tables);
    this.owners = new OwnerCommands(tables);
    this.checkpoints = new CheckpointCommands(tables, rules);
    this.sessions = new SessionCommands(tables);
    this.retention = new RetentionCommands(tables);
    this.names = new NameCommands(tables);
    this.damage = new DamageCommands(tables);
  }

  /**
   * Applies one entry.
   *
   * @throws IllegalStateException if the position is not above the last one: a bug of the caller
   */
  public Applied apply(EntryPosition position, Entry entry) {
    tables.checkNext(position);
    long nowMillis = Math.max(tables.millis(), entry.leaderMillis());
    Applied applied =
        dispatch(entry.command(), new EntryContext(position.index(), nowMillis, entry.request()));
    tables.advance(position, nowMillis);
    return applied;
  }

  /**
   * The entry had no command (Raft's own): only the position moves.
   *
   * @throws IllegalStateException if the position is not above the last one: a bug of the caller
   */
  public void skip(EntryPosition position) {
    tables.checkNext(position);
    tables.advance(position, tables.millis());
  }

  private Applied dispatch(Command command, EntryContext context) {
    return switch (command) {
      case Command.CreateImage create -> images.create(create, context);
      case Command.DeleteImage delete -> images.delete(delete, context);
      case Command.SetRetention set -> retention.setRetention(set, context);
      case Command.SetQuota set -> images.setQuota(set, context);
      case Command.LearnPlan learn -> images.learnPlan(learn, context);
      case Command.NameCheckpoint name -> names.name(name, context);
      case Command.ReleaseName release -> names.release(release, context);
      case Command.Acquire acquire -> owners.acquire(acquire, context);
      case Command.Open open -> checkpoints.open(open, context);
      case Command.Commit commit -> checkpoints.commit(commit, context);
      case Command.Abort abort -> checkpoints.abort(abort, context);
      case Command.Pin pin -> sessions.pin(pin, context);
      case Command.Renew renew -> sessions.renew(renew, context);
      case Command.Unpin unpin -> sessions.unpin(unpin, context);
      case Command.Retire retire -> retention.retire(retire, context);
      case Command.MarkDamaged mark -> damage.mark(mark, context);
      case Command.DigestAt() ->
          Answers.of(new Outcome.DigestAsked(context.index()), new Effect.TakeDigest());
    };
  }

  /** Position of the last entry; safe from any thread. */
  public EntryPosition applied() {
    return tables.applied();
  }

  /**
   * Catalog time: the greatest leader's clock of all entries, milliseconds since the Unix epoch;
   * never goes back; 0 before the first entry. Safe from any thread.
   */
  public long catalogMillis() {
    return tables.millis();
  }

  /** Safe from any thread. */
  public Optional<ImageState> image(ImageId id) {
    return tables.image(id).map(image -> image);
  }

  /** Safe from any thread. */
  public Optional<ImageState> imageNamed(String name) {
    return tables.named(name).map(image -> image);
  }

  /** All images, ascending by name: a copy of the list, so dear with many. Safe from any thread. */
  public Collection<ImageState> images() {
    return List.copyOf(tables.byName("", Integer.MAX_VALUE));
  }

  /**
   * The first images behind a name, ascending by name; an empty name is before all. Safe from any
   * thread.
   */
  public List<ImageState> imagesAfter(String name, int countMax) {
    return List.copyOf(tables.byName(name, countMax));
  }

  /**
   * Whether an image with this uid existed and is gone: whatever is found of it is dead (PROTOCOL
   * R22). False for a uid that was not given out yet: what is found of it must be kept (PROTOCOL
   * R9). Safe from any thread.
   */
  public boolean isDropped(ImageId id) {
    return id.value() < tables.nextImage() && tables.image(id).isEmpty();
  }

  /**
   * What became of a checkpoint's id: of an image that is gone all are aborted (PROTOCOL R22), of
   * one that was not created here yet all are unknown (PROTOCOL R9). Safe from any thread.
   */
  public ImageState.Fate fate(CheckpointKey key) {
    return image(key.image())
        .map(image -> image.fate(key.checkpoint()))
        .orElseGet(
            () -> isDropped(key.image()) ? ImageState.Fate.ABORTED : ImageState.Fate.UNKNOWN);
  }

  /** Safe from any thread. */
  public Optional<SessionInfo> session(SessionId id) {
    return tables.ofSession(id).map(image -> image.sessions().get(id));
  }

  /** The whole as of now, to be encoded later by any thread; apply thread only. */
  public FrozenCatalog freeze() {
    return new FrozenCatalog(tables.applied(), tables.millis(), tables.nextImage(), tables.byId());
  }

  /**
   * Becomes what another catalog is, as if all entries between the two positions had been applied
   * at once: for a replica that gets the state instead of the entries (PROTOCOL R18). As applying:
   * one thread, and any other may look meanwhile.
   *
   * @param newer not used any more afterwards
   * @throws IllegalStateException if it is not ahead of this one
   */
  public void replaceWith(Catalog newer) {
    tables.replaceWith(newer.tables);
  }

  /** Canonical bytes: equal catalogs have equal bytes. Apply thread only; see {@link #freeze}. */
  public byte[] encode() {
    return freeze().encode();
  }

  /**
   * The catalog that these bytes encode. Memory taken is bounded by a small multiple of their
   * number.
   *
   * @throws MalformedCatalogException if they are not what {@link #encode} gives for any catalog
   */
  public static Catalog decode(byte[] bytes) throws MalformedCatalogException {
    return CatalogDecoding.decode(bytes);
  }

  /** The outcome for the caller, and what the local store has to do. */
  public record Applied(Outcome outcome, List<Effect> effects) {
    public Applied {
      effects = List.copyOf(effects);
    }
  }
}
