package io.hydrant.chaos.load;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.EncodingPolicy;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.WriteOptions;
import io.hydrant.testkit.history.Base;
import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Result;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.Image;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Protects one image through many lives of its own: takes it over, writes checkpoints, up to two in
 * flight, and is replaced by the next life, now and then while the old one still writes.
 */
public final class Protector implements Runnable {
  private static final int LIFE_CHECKPOINTS_MAX = 150;
  private static final double FULL_SHARE = 0.03;
  private static final double LINGER_SHARE = 0.4;
  private static final int IN_FLIGHT_MAX = 2;

  /** Of what is written under an epoch that is gone: the guest has run on. */
  private static final int STALE_STEP = -1;

  private final Load load;
  private final String image;
  private final Workload workload;
  private final SplittableRandom random;
  private final Guest guest;
  private final Outcomes outcomes;

  /** Steps of the guest by checkpoint id, of all that may have been committed. */
  private final Map<Long, Integer> steps = new ConcurrentHashMap<>();

  private long attempts;
  private long lives;
  private long dueNanos = System.nanoTime();
  private @Nullable Life lingering;

  public Protector(Load load, String image, Workload workload, SplittableRandom random) {
    this.load = load;
    this.image = image;
    this.workload = workload;
    this.random = random;
    this.guest = new Guest(image, workload);
    this.outcomes = new Outcomes(load.tally());
  }

  /** A connection with an epoch. */
  private record Life(
      String name, HydrantClient client, ProtectionStream stream, Deque<InFlight> flights)
      implements AutoCloseable {
    @Override
    public void close() {
      stream.close();
      client.close();
    }
  }

  private record InFlight(
      long attempt,
      int step,
      CheckpointWriter writer,
      CompletableFuture<Result<Committed>> result) {}

  @Override
  public void run() {
    try {
      while (load.goesOn()) {
        live();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      load.tally().violation("protector of " + image + " failed: " + Outcomes.chain(e));
    } finally {
      endLingering();
    }
  }

  private void live() throws InterruptedException, IOException {
    String name = image + "-life" + ++lives;
    HydrantClient client = load.connect();
    boolean keep = false;
    try {
      Optional<AcquireProtectionResponse> acquired = acquire(name, client);
      if (acquired.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(200);
        return;
      }
      staleWrite();
      Life life =
          new Life(name, client, client.protect(acquired.get(), options()), new ArrayDeque<>());
      boolean ended = write(life);
      if (!ended && load.goesOn() && random.nextDouble() < LINGER_SHARE) {
        lingering = life; // its commits in flight meet the next take-over
        keep = true;
      } else {
        drain(life);
        life.close();
      }
    } catch (HydrantException e) {
      outcomes.of("protecting " + image, e); // reading the image before the first checkpoint
    } finally {
      if (!keep) {
        client.close();
      }
    }
  }

  private WriteOptions options() {
    WriteOptions options =
        new WriteOptions(
            random.nextBoolean() ? EncodingPolicy.AUTO : EncodingPolicy.RAW,
            WriteOptions.ZeroPages.FIND);
    return random.nextInt(4) == 0 ? options.withReplayBytes(0) : options;
  }

  private Optional<AcquireProtectionResponse> acquire(String name, HydrantClient client) {
    OptionalLong seen = OptionalLong.empty();
    long invoked = System.nanoTime();
    Result<Acquired> result;
    Optional<AcquireProtectionResponse> answer = Optional.empty();
    try {
      if (random.nextBoolean()) {
        Image before = client.image(HydrantClient.name(image));
        seen = OptionalLong.of(before.getEpoch());
        invoked = begun(name, seen);
        answer =
            Optional.of(client.acquireProtection(HydrantClient.name(image), before.getEpoch()));
      } else {
        invoked = begun(name, seen);
        answer = Optional.of(client.takeOverProtection(HydrantClient.name(image)));
      }
      result = new Result.Ok<>(new Acquired(answer.get().getEpoch(), answer.get().getHead()));
    } catch (HydrantException e) {
      result = outcomes.of("taking over " + image, e);
    }
    load.history().add(new Acquire(name, Load.since(invoked), image, seen, result));
    return answer;
  }

  /** Says that a take-over is about to be sent; when. */
  private long begun(String name, OptionalLong seen) {
    long invoked = System.nanoTime();
    load.history()
        .begun(new Acquire(name, Load.open(invoked), image, seen, new Result.Unknown<>()));
    return invoked;
  }

  /** The life before, which has been taken over by now, writes on: it must be refused. */
  private void staleWrite() throws InterruptedException {
    Life stale = lingering;
    if (stale == null) {
      return;
    }
    lingering = null;
    try (stale) {
      drain(stale);
      OptionalLong head = stale.stream().head();
      if (head.isPresent()) {
        load.tally().count("writes under a taken-over epoch");
        long attempt = ++attempts;
        Guest.State any = new Guest.State(STALE_STEP, "stale-" + attempt, new byte[1]);
        send(stale, attempt, any, new Base.Checkpoint(head.getAsLong()), 0);
        drain(stale);
      }
    }
  }

  private void endLingering() {
    Life life = lingering;
    if (life != null) {
      life.close();
    }
  }

  /**
   * Writes checkpoints until the life is over.
   *
   * @return whether its epoch is of no use any more
   */
  private boolean write(Life life) throws InterruptedException, IOException {
    int checkpoints = 1 + random.nextInt(LIFE_CHECKPOINTS_MAX);
    int waiting = random.nextInt(4) == 0 ? 1 : IN_FLIGHT_MAX;
    for (int sent = 0; sent < checkpoints && load.goesOn(); sent++) {
      pace();
      long attempt = ++attempts;
      Guest.State state = guest.run(attempt);
      Ended ended = send(life, attempt, state);
      while (ended == Ended.WELL && life.flights().size() >= waiting) {
        ended = outcome(life);
      }
      if (ended != Ended.WELL && Ended.worse(ended, drain(life)) == Ended.LIFE) {
        return true;
      }
    }
    return false;
  }

  private Ended send(Life life, long attempt, Guest.State state) throws InterruptedException {
    InFlight previous = life.flights().peekLast();
    boolean full = random.nextDouble() < FULL_SHARE;
    if (previous != null && !full) {
      return send(life, attempt, state, new Base.Attempt(previous.attempt()), previous.step());
    }
    Ended ended = drain(life); // a full one builds on nothing: it would abort what is in flight
    if (ended != Ended.WELL) {
      return ended;
    }
    long base = life.stream().head().orElse(0);
    Integer since = steps.get(base);
    return full || since == null
        ? send(life, attempt, state, new Base.Nothing(), 0)
        : send(life, attempt, state, new Base.Checkpoint(base), since);
  }

  private void pace() throws InterruptedException {
    long now = System.nanoTime();
    dueNanos =
        Math.max(dueNanos + workload.interval().toNanos(), now - workload.interval().toNanos());
    if (dueNanos > now) {
      TimeUnit.NANOSECONDS.sleep(dueNanos - now);
    }
  }

  private enum Ended {
    WELL,
    CHECKPOINT,
    /** Its epoch is gone, or it does not know what became of a checkpoint. */
    LIFE;

    static Ended worse(Ended one, Ended other) {
      return one.compareTo(other) >= 0 ? one : other;
    }

    static Ended of(Result<Committed> result) {
      return switch (result) {
        case Result.Ok<Committed> ok -> WELL;
        case Result.Failed<Committed>(Result.Why why) ->
            why == Result.Why.STALE_EPOCH ? LIFE : CHECKPOINT;
        case Result.Unknown<Committed> unknown -> LIFE;
      };
    }
  }

  /** Waits for everything in flight. */
  private Ended drain(Life life) throws InterruptedException {
    Ended worst = Ended.WELL;
    while (!life.flights().isEmpty()) {
      worst = Ended.worse(worst, outcome(life));
    }
    return worst;
  }

  /** Waits for the oldest in flight. */
  private Ended outcome(Life life) throws InterruptedException {
    InFlight flight = life.flights().remove();
    long limit = 2 * load.deadlines().checkpoint().plus(load.deadlines().settle()).toSeconds() + 30;
    try {
      return Ended.of(flight.result().get(limit, TimeUnit.SECONDS));
    } catch (TimeoutException e) {
      load.tally()
          .violation(
              "%s: attempt %d has no outcome after %d s"
                  .formatted(life.name(), flight.attempt(), limit));
      return Ended.LIFE;
    } catch (ExecutionException e) {
      throw new IllegalStateException("results do not fail", e);
    }
  }

  /** Sends a checkpoint and asks for its commit; its outcome is recorded when it is known. */
  private Ended send(Life life, long attempt, Guest.State state, Base base, int since) {
    long invoked = System.nanoTime();
    Draft draft =
        new Draft(
            load.history(),
            image,
            life.name(),
            life.stream().epoch(),
            attempt,
            state,
            base,
            invoked);
    CompletableFuture<Result<Committed>> result = new CompletableFuture<>();
    @Nullable CheckpointWriter writer = null;
    try {
      writer = open(life, base);
      pages(writer, state, base, since);
      writer.slim(state.slim());
    } catch (HydrantException e) {
      // Nobody asked for its commit, so it never happens, whatever became of the connection.
      Result<Committed> told = outcomes.of("sending a checkpoint of " + image, e);
      Result<Committed> failed =
          told instanceof Result.Failed<Committed> ? told : new Result.Failed<>(Result.Why.OTHER);
      draft.add(id(writer), failed);
      if (writer != null) {
        writer.close();
      }
      return Ended.of(failed);
    }
    CheckpointWriter sent = writer;
    life.flights().add(new InFlight(attempt, state.step(), sent, result));
    draft.begun(id(sent));
    try {
      var _ =
          sent.commit()
              .whenComplete(
                  (committed, failure) -> result.complete(answer(draft, sent, committed, failure)));
    } catch (HydrantException e) {
      outcomes.of("asking for the commit of a checkpoint of " + image, e);
      Result<Committed> unknown = new Result.Unknown<>();
      draft.add(id(sent), unknown);
      result.complete(unknown);
    }
    return Ended.WELL;
  }

  private void pages(CheckpointWriter writer, Guest.State state, Base base, int since) {
    if (state.step() == STALE_STEP) {
      writer.zero(0, 0, 1);
    } else if (base instanceof Base.Nothing) {
      guest.sendAll(writer);
    } else {
      guest.sendChanges(writer, since);
    }
  }

  private CheckpointWriter open(Life life, Base base) {
    return switch (base) {
      case Base.Nothing nothing -> life.stream().openFull(List.of(guest.region()));
      case Base.Checkpoint(long id) -> life.stream().openIncremental(id);
      case Base.Attempt attempt -> life.stream().openIncremental(life.flights().getLast().writer());
    };
  }

  private static OptionalLong id(@Nullable CheckpointWriter writer) {
    return writer == null ? OptionalLong.empty() : writer.checkpoint();
  }

  private Result<Committed> answer(
      Draft draft,
      CheckpointWriter writer,
      @Nullable CommittedCheckpoint committed,
      @Nullable Throwable failure) {
    OptionalLong id = id(writer);
    Result<Committed> result;
    if (committed != null) {
      result = new Result.Ok<>(new Committed(committed.id(), committed.index()));
      id = OptionalLong.of(committed.id());
      load.tally().acknowledged();
    } else {
      result =
          outcomes.of(
              "the commit of a checkpoint of " + image,
              failure == null ? new IllegalStateException("neither id nor failure") : failure);
    }
    // Before the outcome is known to anybody: the next base is looked up here.
    if (!(result instanceof Result.Failed<Committed>)) {
      id.ifPresent(each -> steps.put(each, draft.state().step()));
    }
    draft.add(id, result);
    return result;
  }
}
