package io.hydrant.chaos;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.StatusRuntimeException;
import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.chaos.group.ReplicaReader;
import io.hydrant.chaos.load.Load;
import io.hydrant.chaos.load.RestoredMemory;
import io.hydrant.chaos.load.Restorer;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.testkit.history.Interval;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.Restore;
import io.hydrant.testkit.history.Quiet;
import io.hydrant.testkit.history.Result;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.Reason;
import io.hydrant.v1.StatsResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Looks at every replica once the faults are over and the clients have ended. */
final class AtRest {
  /** A replica that gets on takes a step within this share of the patience for all else. */
  private static final int STILL_SHARE = 6;

  private static final int LOOK_MILLIS = 100;

  private final Group group;
  private final Load load;
  private final Duration patience;
  private final Consumer<String> said;

  AtRest(Group group, Load load, Duration patience, Consumer<String> said) {
    this.group = group;
    this.load = load;
    this.patience = patience;
    this.said = said;
  }

  /** Restores every listed checkpoint on each replica; how the replicas stand. */
  Quiet examine() throws IOException, InterruptedException {
    said.accept("the clients have ended");
    long end = group.awaitLevel(patience);
    SortedMap<String, Long> holdMarks = awaitWhole(end);
    said.accept("at rest: the log ends at %d, hold marks %s".formatted(end, holdMarks));
    try (HydrantClient client =
        HydrantClient.connect(ClientConfig.of(load.endpoints()).withDeadlines(load.deadlines()))) {
      Restorer lists = new Restorer(load, "examiner", new SplittableRandom(0));
      for (String image : load.images()) {
        for (Listed row : lists.list(client, image)) {
          if (!restore(client, image, row.id())) {
            requireGone(lists.list(client, image), image, row.id());
          }
        }
      }
    }
    return new Quiet(end, holdMarks);
  }

  /** How far a replica is: any change of it is a step, since nobody writes any more. */
  private record Standing(long holdMark, long missingBytes, long missingTracts) {
    static final Standing SILENT = new Standing(-1, -1, -1);

    static Standing of(StatsResponse stats) {
      return new Standing(
          Group.gauge(stats, "hold_mark_index"),
          Group.gauge(stats, "missing_bytes"),
          Group.gauge(stats, "missing_tract_count"));
    }
  }

  /** Gives the replicas time to fetch what they lack, as long as any of them gets on. */
  private SortedMap<String, Long> awaitWhole(long end) throws InterruptedException {
    SortedMap<String, Standing> before = new TreeMap<>();
    long gotOnNanos = System.nanoTime();
    long stillNanosMax = patience.toNanos() / STILL_SHARE;
    while (System.nanoTime() - gotOnNanos < stillNanosMax) {
      SortedMap<String, Standing> now = new TreeMap<>();
      for (Member member : group.members()) {
        now.put(member.name(), member.stats().map(Standing::of).orElse(Standing.SILENT));
      }
      if (!now.equals(before)) {
        before = now;
        gotOnNanos = System.nanoTime();
      }
      if (now.values().stream().allMatch(standing -> standing.holdMark() >= end)) {
        break;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    SortedMap<String, Long> holdMarks = new TreeMap<>();
    before.forEach((name, standing) -> holdMarks.put(name, standing.holdMark()));
    return holdMarks;
  }

  /** What a lost session kept may be listed, and go when its lease runs out: only then. */
  private void requireGone(List<Listed> listed, String image, long checkpoint) {
    if (listed.isEmpty() || listed.stream().anyMatch(row -> row.id() == checkpoint)) {
      load.tally()
          .violation(
              "checkpoint %d of %s is refused as retired and listed as committed at rest: %s"
                  .formatted(checkpoint, image, listed));
    }
  }

  /** Whether it is retained still. */
  private boolean restore(HydrantClient client, String image, long checkpoint)
      throws IOException, InterruptedException {
    long number = load.sessions().incrementAndGet();
    Optional<RestoreSession> pinned = open(client, image, checkpoint, number);
    if (pinned.isEmpty()) {
      load.tally().count("checkpoints retired while at rest");
      return false;
    }
    try (RestoreSession session = pinned.get()) {
      boolean lacking = false;
      for (Member member : group.members()) {
        lacking |= !onReplica(member, session, image, number);
      }
      if (lacking) {
        anywhere(session, image, number);
      }
    }
    return true;
  }

  /** Empty if it is retired: what is pinned is retained, whatever comes then. */
  private Optional<RestoreSession> open(
      HydrantClient client, String image, long checkpoint, long number) {
    long invoked = System.nanoTime();
    Optional<RestoreSession> session = Optional.empty();
    Result<Long> pinned;
    try {
      session =
          Optional.of(
              client.openRestore(HydrantClient.name(image), checkpoint, Duration.ofMinutes(10)));
      pinned = new Result.Ok<>(session.get().checkpoint().getId());
    } catch (RejectedException e) {
      if (e.reason() != Reason.REASON_RETIRED) {
        throw e;
      }
      pinned = new Result.Failed<>(Result.Why.RETIRED);
    }
    load.history()
        .add(
            new Pin(
                "examiner", since(invoked), image, number, OptionalLong.of(checkpoint), pinned));
    return session;
  }

  /** Whether the replica has all of it. */
  private boolean onReplica(Member member, RestoreSession session, String image, long number)
      throws IOException, InterruptedException {
    long invoked = System.nanoTime();
    RestoredMemory memory = new RestoredMemory(session.regions());
    try {
      byte[] slim = new ReplicaReader(member, patience.toSeconds()).read(opened(session), memory);
      add(member.name(), invoked, image, number, memory.name(slim));
      load.tally().count("checkpoints restored from one replica at rest");
      return true;
    } catch (ReplicaReader.NotHereException e) {
      load.tally().count("checkpoints that a replica lacks at rest");
      return false;
    } catch (StatusRuntimeException e) {
      load.tally()
          .violation(
              "%s does not give checkpoint %d of %s at rest: %s"
                  .formatted(member.name(), session.checkpoint().getId(), image, e));
      return true;
    }
  }

  private void anywhere(RestoreSession session, String image, long number) throws IOException {
    long invoked = System.nanoTime();
    RestoredMemory memory = new RestoredMemory(session.regions());
    session.restoreTo(memory, PrefetchOptions.DEFAULT, 1);
    add("examiner", invoked, image, number, memory.name(session.slim()));
  }

  private void add(String process, long invoked, String image, long number, String content) {
    load.history()
        .add(new Restore(process, since(invoked), image, number, new Result.Ok<>(content)));
  }

  private static OpenRestoreResponse opened(RestoreSession session) {
    try {
      return OpenRestoreResponse.parseFrom(session.export());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the library exports what it was given", e);
    }
  }

  private static Interval since(long invoked) {
    return new Interval(invoked, System.nanoTime());
  }
}
