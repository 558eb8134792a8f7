package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.SessionId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Random commands against {@link ReferenceCatalog}, with two more replicas: one that is restored
 * from bytes every few entries, and one that replays the whole log at the end.
 */
final class CatalogModelTest {
  private static final int SEEDS = Integer.getInteger("hydrant.seeds", 20);
  private static final int COMMANDS = 1_000;
  private static final int CHECK_EVERY = 12;

  /** Rejections that other parts give, or that take a catalog larger than a random one. */
  private static final EnumSet<Rejection> ELSEWHERE =
      EnumSet.of(
          Rejection.LIMIT_EXCEEDED,
          Rejection.DUPLICATE_PAGE,
          Rejection.BAD_CHECKSUM,
          Rejection.INCOMPLETE,
          Rejection.DISK_FULL,
          Rejection.DAMAGED,
          Rejection.NOT_HERE,
          Rejection.BEHIND,
          Rejection.OVERLOADED,
          Rejection.NO_MAJORITY,
          Rejection.QUOTA_EXCEEDED);

  private final Map<Rejection, Integer> rejections = new EnumMap<>(Rejection.class);
  private final Map<String, Integer> outcomes = new TreeMap<>();

  @Test
  void doesWhatTheRulesSay() throws MalformedCatalogException {
    Long only = Long.getLong("hydrant.seed");
    if (only != null) {
      run(only);
      return;
    }
    for (long seed = 1; seed <= SEEDS; seed++) {
      run(seed);
    }
    assertEquals(
        EnumSet.complementOf(ELSEWHERE), rejections.keySet(), "rejections met: " + rejections);
    assertEquals(18, outcomes.size(), "outcomes met: " + outcomes);
  }

  private void run(long seed) throws MalformedCatalogException {
    try {
      new Run(seed).go();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed %d; repeat with: mvn -pl image-store/engine test -Dtest=CatalogModelTest -Dhydrant.seed=%d"
              .formatted(seed, seed),
          e);
    }
  }

  private final class Run {
    private final SplittableRandom random;
    private final ReferenceCatalog reference = new ReferenceCatalog();
    private final RandomCommands commands;
    private final Catalog catalog = new Catalog();
    private final List<EntryPosition> positions = new ArrayList<>();
    private final List<Entry> log = new ArrayList<>();
    private final Map<ImageId, List<ImageState>> earlier = new TreeMap<>();
    private Catalog restored = new Catalog();

    Run(long seed) {
      random = new SplittableRandom(seed);
      commands = new RandomCommands(random, reference);
    }

    void go() throws MalformedCatalogException {
      EntryPosition position = EntryPosition.NONE;
      for (int i = 0; i < COMMANDS; i++) {
        position =
            new EntryPosition(
                position.term() + (random.nextInt(50) == 0 ? 1 : 0),
                position.index() + random.nextLong(1, 3));
        Entry entry = commands.next();
        positions.add(position);
        log.add(entry);
        step(position, entry);
        if (i % CHECK_EVERY == 0) {
          compare();
          continuesWhatItWas();
          restored = Catalog.decode(catalog.encode());
        }
      }
      compare();
      Catalog replayed = new Catalog();
      for (int i = 0; i < log.size(); i++) {
        replayed.apply(positions.get(i), log.get(i));
      }
      assertArrayEquals(catalog.encode(), replayed.encode(), "replay of the log");
    }

    private void step(EntryPosition position, Entry entry) {
      byte[] before = catalog.encode();
      Catalog.Applied applied = catalog.apply(position, entry);
      ReferenceCatalog.Answer expected = reference.apply(position.index(), entry);
      assertEquals(
          expected,
          new ReferenceCatalog.Answer(comparable(applied), applied.effects()),
          () -> "" + entry);
      assertEquals(applied, restored.apply(position, entry), "the restored replica");
      assertEquals(position, catalog.applied());
      outcomes.merge(applied.outcome().getClass().getSimpleName(), 1, Integer::sum);
      if (applied.outcome() instanceof Outcome.Rejected rejected) {
        rejections.merge(rejected.reason(), 1, Integer::sum);
        assertArrayEquals(
            CatalogScript.withoutPosition(before),
            CatalogScript.withoutPosition(catalog.encode()),
            () -> "a rejection changed state: " + entry);
      }
    }

    private static Object comparable(Catalog.Applied applied) {
      return applied.outcome() instanceof Outcome.Rejected rejected
          ? rejected.reason()
          : applied.outcome();
    }

    /** Whatever happens to an image, it is seen to go on from each of its earlier states. */
    private void continuesWhatItWas() {
      for (ImageState image : restored.images()) {
        List<ImageState> before = earlier.computeIfAbsent(image.id(), _ -> new ArrayList<>());
        before.forEach(state -> assertTrue(image.continues(state), () -> image + " of " + state));
        before.add(image);
      }
    }

    private void compare() throws MalformedCatalogException {
      byte[] bytes = catalog.encode();
      assertArrayEquals(bytes, restored.encode(), "the restored replica");
      assertArrayEquals(bytes, Catalog.decode(bytes).encode(), "encoded again");
      assertEquals(reference.millis, catalog.catalogMillis());
      assertEquals(
          reference.images.values().stream().map(image -> image.name).sorted().toList(),
          catalog.images().stream().map(ImageState::name).toList());
      for (long uid = 1; uid <= reference.uids + 1; uid++) {
        ImageId id = new ImageId(uid);
        ReferenceCatalog.Image expected = reference.images.get(uid);
        assertEquals(expected != null, catalog.image(id).isPresent());
        assertEquals(expected == null && uid <= reference.uids, catalog.isDropped(id));
        if (expected != null) {
          compare(expected, catalog.image(id).orElseThrow());
        }
      }
    }

    private void compare(ReferenceCatalog.Image expected, ImageState image) {
      assertEquals(expected.name, image.name());
      assertEquals(Optional.of(image), catalog.imageNamed(expected.name));
      assertEquals(expected.retention, image.retention());
      assertEquals(expected.quota, image.quota());
      assertEquals(expected.plan, image.plan());
      assertEquals(
          expected.names,
          image.names().entrySet().stream()
              .collect(
                  Collectors.toMap(
                      Map.Entry::getKey,
                      name -> name.getValue().value(),
                      (_, later) -> later,
                      TreeMap::new)));
      assertEquals(
          expected.retirable(reference.millis),
          RetentionPlan.retirable(image, image.retention(), reference.millis));
      assertEquals(expected.durability, image.durability());
      assertEquals(expected.created, image.createdMillis());
      assertEquals(expected.epoch, image.epoch().value());
      assertEquals(expected.deleting, image.deleting());
      assertEquals(expected.damagedPages(), image.damaged());
      assertEquals(expected.head, image.head().map(CheckpointId::value).orElse(0L));
      assertEquals(List.copyOf(expected.sessions.values()), List.copyOf(image.sessions().values()));
      for (SessionInfo session : expected.sessions.values()) {
        assertEquals(Optional.of(session), catalog.session(session.id()));
      }
      assertEquals(Optional.empty(), catalog.session(new SessionId(Long.MAX_VALUE)));
      List<Line> lines = new ArrayList<>();
      for (long id = 1; id <= expected.rows.size() + 1; id++) {
        ReferenceCatalog.Row row = expected.rows.get(id);
        CheckpointId checkpoint = new CheckpointId(id);
        assertEquals(
            row == null ? "UNKNOWN" : row.state.name(), image.fate(checkpoint).name(), "" + id);
        if (row != null && image.checkpoint(checkpoint).isPresent()) {
          compare(row, image.checkpoint(checkpoint).get());
          compareLine(expected, id, image.line(checkpoint));
        }
        if (row != null && row.state == ReferenceCatalog.State.COMMITTED) {
          lines.add(image.line(checkpoint));
        }
      }
      assertEquals(lines, image.retainedLines());
      assertEquals(lines.size(), image.committed().size());
      assertEquals(expected.in(ReferenceCatalog.State.OPEN).size(), image.open().size());
    }

    private static void compare(ReferenceCatalog.Row row, CheckpointInfo info) {
      assertEquals(row.base, info.base().map(CheckpointId::value).orElse(0L));
      assertEquals(row.epoch, info.epoch().value());
      assertEquals(row.regions, info.regions());
      Optional<CheckpointInfo.CommitInfo> commit =
          row.wasCommitted()
              ? Optional.of(new CheckpointInfo.CommitInfo(row.content, row.millis, row.index))
              : Optional.empty();
      assertEquals(commit, info.commit());
    }

    private static void compareLine(ReferenceCatalog.Image expected, long id, Line line) {
      TreeSet<Long> ancestry = expected.ancestry(id);
      assertEquals(id, line.newest());
      assertEquals(ancestry.first(), line.oldest());
      assertEquals(expected.runs(ancestry), line.toRuns().length / 2, line::toString);
      for (ReferenceCatalog.Row row : expected.rows.values()) {
        boolean visible = row.wasCommitted() || ancestry.contains(row.id);
        if (visible) {
          assertEquals(
              ancestry.contains(row.id), line.contains(row.id), () -> row.id + " in " + line);
        }
      }
      assertTrue(line.contains(id));
    }
  }
}
