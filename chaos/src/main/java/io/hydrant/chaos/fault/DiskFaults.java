package io.hydrant.chaos.fault;

import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentInspection;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Disks that are full, and bits that turn over.
 *
 * <p>What a group survives is the loss of one disk at a time. So all bits turn over on the disk of
 * one server, the same throughout a run: whatever was acknowledged has a copy beside it.
 */
public final class DiskFaults {
  /** As io.hydrant.node.FaultyFiles has it. */
  private static final String DISK_FULL = "disk-full";

  private static final int FULL_MILLIS_MIN = 1_000;
  private static final int FULL_MILLIS_MAX = 6_000;

  /** A start reads the newest segments, and refuses a server whose disk lies there: not today. */
  private static final int NEWEST_LEFT_ALONE = 8;

  private static final String OF_THE_LOG = "segment-0";

  private static final int RECORD_MARGIN_BYTES = 512;
  private static final int SEGMENTS_TRIED = 5;

  private final Group group;
  private final Member victim;

  /**
   * @param victim whose bits turn over
   */
  public DiskFaults(Group group, Member victim) {
    this.group = group;
    this.victim = victim;
  }

  public List<Fault> all() {
    return List.of(full("leader's disk full", true), full("a disk full", false), flip());
  }

  private Fault full(String name, boolean leader) {
    return new Fault() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Optional<Strike> strike(SplittableRandom random) throws IOException {
        Optional<Member> member =
            leader
                ? group.leader()
                : Optional.of(group.member(random.nextInt(group.members().size())));
        if (member.flatMap(Member::info).isEmpty()) {
          return Optional.empty(); // a start needs a new segment, and gives up on a full disk
        }
        Path order = member.get().faults().resolve(DISK_FULL);
        Files.writeString(order, "");
        return Optional.of(
            new Strike(
                member.get().name(),
                Duration.ofMillis(random.nextInt(FULL_MILLIS_MIN, FULL_MILLIS_MAX)),
                () -> Files.deleteIfExists(order)));
      }
    };
  }

  private Fault flip() {
    return new Fault() {
      @Override
      public String name() {
        return "bit turned over";
      }

      @Override
      public Optional<Strike> strike(SplittableRandom random) throws IOException {
        for (Path segment : oldSegments(random)) {
          Optional<Long> place = place(segment, random);
          if (place.isPresent()) {
            turn(segment, place.get(), 1 << random.nextInt(Byte.SIZE));
            return Optional.of(
                new Strike(
                    "%s, %s at %d".formatted(victim.name(), segment.getFileName(), place.get()),
                    Duration.ZERO,
                    () -> {}));
          }
        }
        return Optional.empty();
      }
    };
  }

  private List<Path> oldSegments(SplittableRandom random) throws IOException {
    Path directory = victim.data().resolve("segments");
    List<Path> segments = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        segments.addAll(
            files
                .filter(file -> file.getFileName().toString().startsWith("segment-"))
                .sorted(Comparator.comparing(Path::toString))
                .toList());
      }
    }
    // Those of survivors come last by name, and a start does not read them.
    List<Path> log =
        segments.stream()
            .filter(file -> file.getFileName().toString().startsWith(OF_THE_LOG))
            .toList();
    segments.removeAll(log.subList(Math.max(0, log.size() - NEWEST_LEFT_ALONE), log.size()));
    int old = segments.size();
    List<Path> chosen = new ArrayList<>();
    for (int tried = 0; tried < SEGMENTS_TRIED && old > 0; tried++) {
      chosen.add(segments.get(random.nextInt(old)));
    }
    return chosen;
  }

  /** A byte of a page in a sealed segment. */
  private static Optional<Long> place(Path segment, SplittableRandom random) {
    List<Long> places = new ArrayList<>();
    try {
      SegmentInspection inspection = SegmentInspection.open(segment);
      if (inspection.end() == SegmentInspection.End.OPEN) {
        return Optional.empty();
      }
      inspection.scan(item -> {
        if (item instanceof SegmentInspection.Sound sound
            && sound.record() instanceof LogRecord.Patch patch
            && patch.payloadBytes() > 2 * RECORD_MARGIN_BYTES) {
          int back =
              RECORD_MARGIN_BYTES + random.nextInt(patch.payloadBytes() - 2 * RECORD_MARGIN_BYTES);
          places.add((long) sound.offset() + sound.recordBytes() - back);
        }
      });
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // written anew or deleted meanwhile
    }
    return places.isEmpty()
        ? Optional.empty()
        : Optional.of(places.get(random.nextInt(places.size())));
  }

  private static void turn(Path segment, long at, int bit) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.seek(at);
      int before = file.read();
      file.seek(at);
      file.write(before ^ bit);
    }
  }
}
