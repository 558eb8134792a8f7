package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.RetentionPolicy.Tier;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What is let go, as scenarios in {@code golden/retention.txt}; their answers are the lines that
 * begin with a blank, written anew with -Dhydrant.golden.write=true.
 */
final class RetentionPlanTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/retention.txt");

  @Test
  void theScenariosEndAsTheyDid() throws IOException {
    StringBuilder text = new StringBuilder();
    Optional<Scenario> scenario = Optional.empty();
    for (String line : Files.readAllLines(GOLDEN, StandardCharsets.UTF_8)) {
      if (line.startsWith(" ")) {
        continue;
      }
      text.append(line).append('\n');
      if (line.startsWith("scenario ")) {
        scenario = Optional.of(new Scenario());
      } else if (scenario.isPresent() && !line.isBlank()) {
        scenario.get().run(line).forEach(answer -> text.append("  ").append(answer).append('\n'));
      }
    }
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.writeString(GOLDEN, text);
    }
    assertEquals(Files.readString(GOLDEN, StandardCharsets.UTF_8), text.toString());
  }

  /** One image under a script in words. */
  private static final class Scenario {
    private final CatalogScript script = new CatalogScript().at(0);
    private final ImageId vm = script.owned("vm", 1);

    List<String> run(String line) {
      List<String> words = List.of(line.split(" "));
      List<String> rest = words.subList(1, words.size());
      switch (words.getFirst()) {
        case "retention" -> script.apply(new Command.SetRetention(vm, policy(rest)));
        case "commit" -> rest.forEach(word -> commit(millis(word)));
        case "commit-every" -> {
          for (long at = millis(rest.get(1));
              at <= millis(rest.get(2));
              at += millis(rest.get(0))) {
            commit(at);
          }
        }
        case "name" -> script.apply(new Command.NameCheckpoint(vm, id(rest.get(0)), rest.get(1)));
        case "release" -> script.apply(new Command.ReleaseName(vm, rest.get(0)));
        case "pin" -> script.pin(vm, id(rest.get(0)));
        case "go-back-to" -> script.acquireAt(vm, script.index() + 1_000, id(rest.get(0)));
        case "retire-at" -> {
          RetentionPolicy policy = script.image(vm).retention();
          return retire(RetentionPlan.retirable(script.image(vm), policy, millis(rest.get(0))));
        }
        case "retire-by-number" -> {
          RetentionPolicy policy = script.image(vm).retention();
          return retire(RetentionPlan.retirableByNumber(script.image(vm), policy));
        }
        default -> throw new IllegalArgumentException(line);
      }
      return List.of();
    }

    private void commit(long millis) {
      script.at(millis);
      if (script.image(vm).head().isEmpty()) {
        script.full(vm);
      } else {
        script.increment(vm);
      }
    }

    private List<String> retire(List<CheckpointId> retirable) {
      assertEquals(
          retirable,
          script.retire(vm, retirable.toArray(CheckpointId[]::new)),
          "apply agrees with the plan");
      StringBuilder kept = new StringBuilder("kept");
      for (CheckpointInfo info : script.image(vm).committed().values()) {
        kept.append(
            " %d@%s".formatted(info.id().value(), info.commit().orElseThrow().committedMillis()));
      }
      return List.of("retired " + retirable.size(), kept.toString());
    }

    private static RetentionPolicy policy(List<String> words) {
      int last = 1;
      Optional<Long> age = Optional.empty();
      List<Tier> tiers = new ArrayList<>();
      for (String word : words) {
        String value = word.substring(word.indexOf('=') + 1);
        switch (word.substring(0, word.indexOf('='))) {
          case "last" -> last = Integer.parseInt(value);
          case "for" -> age = Optional.of(millis(value));
          case "every" -> {
            List<String> parts = List.of(value.split(":"));
            tiers.add(new Tier(millis(parts.get(1)), millis(parts.get(0))));
          }
          default -> throw new IllegalArgumentException(word);
        }
      }
      return new RetentionPolicy(last, age, tiers);
    }

    private static CheckpointId id(String word) {
      return cp(Long.parseLong(word));
    }

    private static long millis(String word) {
      return word.endsWith("s")
          ? 1_000 * Long.parseLong(word.substring(0, word.length() - 1))
          : Long.parseLong(word);
    }
  }

  /** However seldom one looks, what is kept at the end is the same, and no slot is empty. */
  @Test
  void thinningDoesNotDependOnWhenOneLooks() {
    RetentionPolicy policy =
        new RetentionPolicy(
            3,
            Optional.of(2_000L),
            List.of(new Tier(10_000, 700), new Tier(40_000, 3_100), new Tier(90_000, 9_000)));
    long seed = System.nanoTime();
    List<Long> times = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (long at = 1_000; at < 150_000; at += random.nextLong(300)) {
      times.add(at);
    }
    TreeSet<CheckpointId> often = keptOf(policy, times, 1);
    assertTrue(often.size() > 20, () -> often + ", seed " + seed);
    assertEquals(keptOf(policy, times, Integer.MAX_VALUE), often, "seed " + seed);
    assertEquals(keptOf(policy, times, 37), often, "seed " + seed);
  }

  private static TreeSet<CheckpointId> keptOf(
      RetentionPolicy policy, List<Long> times, int lookEvery) {
    CatalogScript script = new CatalogScript().at(0);
    ImageId vm = script.owned("vm", 1);
    script.apply(new Command.SetRetention(vm, policy));
    for (int i = 0; i < times.size(); i++) {
      script.at(times.get(i));
      if (i == 0) {
        script.full(vm);
      } else {
        script.increment(vm);
      }
      if ((i + 1) % lookEvery == 0 || i == times.size() - 1) {
        List<CheckpointId> retirable =
            RetentionPlan.retirable(script.image(vm), policy, times.get(i));
        script.retire(vm, retirable.toArray(CheckpointId[]::new));
      }
    }
    return new TreeSet<>(script.image(vm).committed().keySet());
  }

  /**
   * Nobody knows how many checkpoints an age will have; the catalog must stay small all the same.
   */
  @Test
  void anAgeKeepsALimitedNumber() {
    Catalog catalog = new Catalog();
    RetentionPolicy policy = new RetentionPolicy(1, Optional.of(60_000L), List.of());
    List<Command> log = new ArrayList<>();
    log.add(new Command.CreateImage("vm", policy, Durability.QUORUM));
    ImageId vm = new ImageId(1);
    log.add(new Command.Acquire(vm, Optional.empty(), CatalogScript.request(1)));
    for (long id = 1; id <= CatalogLimits.KEEP_FOR_CHECKPOINTS_MAX + 1; id++) {
      log.add(
          new Command.Open(
              vm,
              new Epoch(1),
              CheckpointKind.FULL,
              Optional.empty(),
              Optional.of(CatalogScript.REGIONS)));
      log.add(
          new Command.Commit(
              new CheckpointKey(vm, cp(id)), new Epoch(1), CatalogScript.content(id), List.of()));
    }
    for (int index = 0; index < log.size(); index++) {
      catalog.apply(
          new EntryPosition(1, index),
          new Entry(1, RequestId.NONE, RequestId.NONE, log.get(index)));
    }
    ImageState image = catalog.image(vm).orElseThrow();
    assertEquals(List.of(cp(1)), RetentionPlan.retirable(image, policy, 1));
    assertEquals(List.of(cp(1)), RetentionPlan.retirableByNumber(image, policy));
  }
}
