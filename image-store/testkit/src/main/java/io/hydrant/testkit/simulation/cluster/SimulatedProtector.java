package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.testkit.simulation.cluster.ServedStream.Answer;
import io.hydrant.testkit.simulation.cluster.SettleRole.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who protects a VM, by the library's rules (PROTOCOL R5): the base is the checkpoint from which
 * changes were tracked; what became of a commit is settled, or made void by a new Open on the same
 * base; after a failure the next checkpoint holds everything that changed since the base.
 */
final class SimulatedProtector {
  private static final int IN_FLIGHT_MAX = 2;

  private final String name;
  private final Cluster cluster;
  private final ImageId image;
  private final SplittableRandom random;
  private final ClientCall call;
  private RequestId token;
  private long epoch;
  private long base;
  private VmContent baseVm = VmContent.BLANK;
  private VmContent vm = VmContent.BLANK;
  private boolean wantsFull = true;
  private boolean idle;

  /** Steps until it takes over again, once somebody else has. */
  private int asleep;

  private @Nullable ClientStream stream;
  private long numbers;
  private final TreeMap<Long, Mine> inFlight = new TreeMap<>();
  private final TreeMap<CheckpointKey, Mine> unsettled = new TreeMap<>();

  private static final class Mine {
    final long number;
    final VmCheckpoint checkpoint;

    /** Whether it is on the base that this protector knows to be committed. */
    final boolean onBase;

    @Nullable CheckpointKey key;
    int sent;
    boolean finished;

    Mine(long number, VmCheckpoint checkpoint, boolean onBase) {
      this.number = number;
      this.checkpoint = checkpoint;
      this.onBase = onBase;
    }
  }

  SimulatedProtector(String name, Cluster cluster, ImageId image, SplittableRandom random) {
    this.name = name;
    this.cluster = cluster;
    this.image = image;
    this.random = random;
    this.call = new ClientCall(name, cluster);
    this.token = newToken();
  }

  private RequestId newToken() {
    return new RequestId(new UUID(random.nextLong(), random.nextLong()));
  }

  ImageId image() {
    return image;
  }

  String name() {
    return name;
  }

  /** Takes no new checkpoint any more; settles what is open. */
  void finishUp() {
    idle = true;
  }

  /** Whether it waits for nothing. */
  boolean isQuiet() {
    return !call.isPending() && inFlight.isEmpty() && unsettled.isEmpty();
  }

  /** Takes over, whoever writes now. */
  void takeOver() {
    fenced();
    asleep = 0;
  }

  private void fenced() {
    epoch = 0;
    asleep = random.nextInt(400);
    token = newToken();
    unsettled.clear();
    hangUp();
    unsettled.clear();
  }

  /** Breaks its stream, if it has one. */
  void hangUp() {
    if (stream != null) {
      stream.hangUp();
      streamEnded();
    }
  }

  void step() {
    ClientStream current = stream;
    if (current != null) {
      if (random.nextInt(3) > 0) {
        current.deliverRequest();
      }
      Answer answer = random.nextInt(3) > 0 ? current.nextAnswer() : null;
      if (answer != null) {
        heard(answer);
        return;
      }
      if (current.isStuck()) {
        hangUp();
        return;
      }
    }
    if (call.isPending()) {
      return;
    }
    if (epoch == 0) {
      if (!idle && --asleep <= 0) {
        acquire();
      }
    } else if (!unsettled.isEmpty() && (idle || random.nextInt(4) > 0)) {
      settle();
    } else if (stream == null) {
      if (!idle) {
        connect();
      }
    } else {
      write(stream);
    }
  }

  private Optional<SimulatedMachine> server() {
    List<SimulatedMachine> leading =
        cluster.machines().values().stream()
            .filter(machine -> machine.isUp() && machine.leads())
            .toList();
    return leading.isEmpty()
        ? Optional.empty()
        : Optional.of(leading.get(random.nextInt(leading.size())));
  }

  private void connect() {
    server()
        .filter(SimulatedMachine::isRunning)
        .ifPresent(machine -> stream = new ClientStream(name, cluster, machine));
  }

  private void acquire() {
    Command.Restore restore = Command.Restore.NONE;
    ModelImage known = cluster.model().images().get(image.value());
    if (known != null && !known.committed.isEmpty() && random.nextInt(4) == 0) {
      List<Long> ids = List.copyOf(known.committed.keySet());
      long id = ids.get(random.nextInt(ids.size()));
      restore = new Command.Restore.At(new CheckpointId(id));
      if (id != known.head) {
        cluster.coverage().count(Schedule.TAKE_OVER_OF_OLDER);
      }
    }
    Command.Acquire acquire = new Command.Acquire(image, Optional.empty(), token, restore);
    if (known != null && known.owner.equals(token.toString())) {
      cluster.coverage().count(Schedule.REPEATED_ACQUIRE);
    }
    server()
        .ifPresent(machine ->
            call.ask(
                machine, at -> at.propose(acquire), answer -> answer.ifPresent(this::acquired)));
  }

  private void acquired(Outcome outcome) {
    if (!(outcome instanceof Outcome.Acquired acquired)) {
      token = newToken();
      return;
    }
    cluster.coverage().count(Schedule.TAKE_OVER);
    epoch = acquired.epoch().value();
    base = acquired.head().map(CheckpointId::value).orElse(0L);
    baseVm = base == 0 ? VmContent.BLANK : cluster.model().content(key(base)).orElseThrow();
    vm = baseVm;
    wantsFull = base == 0;
  }

  private CheckpointKey key(long id) {
    return new CheckpointKey(image, new CheckpointId(id));
  }

  /** In any order: who builds on another may be asked after first. */
  private void settle() {
    List<Mine> all = List.copyOf(unsettled.values());
    Mine mine = all.get(random.nextInt(all.size()));
    CheckpointKey key = java.util.Objects.requireNonNull(mine.key);
    long under = epoch;
    server()
        .ifPresent(machine ->
            call.ask(
                machine,
                at ->
                    at.leader().settles().settle(key, new Epoch(under), mine.checkpoint.content()),
                answer -> answer.ifPresent(verdict -> settled(mine, key, verdict))));
  }

  private void settled(Mine mine, CheckpointKey key, Verdict verdict) {
    switch (verdict) {
      case COMMITTED -> {
        cluster.model().toldCommitted(key);
        unsettled.remove(key);
        committed(mine, key);
      }
      case ABORTED -> {
        cluster.model().toldFailed(key, "settled");
        unsettled.remove(key);
      }
      case UNDECIDED -> {
        ModelImage known = cluster.model().images().get(image.value());
        if (known == null || known.epoch != epoch) {
          fenced();
        }
      }
    }
  }

  private void committed(Mine mine, CheckpointKey key) {
    if (key.checkpoint().value() > base) {
      base = key.checkpoint().value();
      baseVm = mine.checkpoint.vm();
      wantsFull = false;
    }
    // What it builds on is committed too.
    unsettled.headMap(key).keySet().forEach(cluster.model()::toldCommitted);
    unsettled.headMap(key).clear();
  }

  private void write(ClientStream to) {
    if (random.nextInt(1_500) == 0 && !inFlight.isEmpty()) {
      long number = inFlight.firstKey();
      to.request(served -> served.abort(number));
      return;
    }
    for (Mine mine : inFlight.values()) {
      if (mine.key != null && !mine.finished) {
        send(to, mine);
        return;
      }
    }
    boolean allFinished = inFlight.values().stream().allMatch(mine -> mine.finished);
    if (!idle && allFinished && inFlight.size() < IN_FLIGHT_MAX) {
      open(to);
    } else if (idle && inFlight.isEmpty()) {
      hangUp();
    }
  }

  private void send(ClientStream to, Mine mine) {
    if (!to.isOpenForMore()) {
      return;
    }
    List<io.hydrant.engine.replica.Frame.Step> steps = mine.checkpoint.steps();
    if (mine.sent < steps.size()) {
      var step = steps.get(mine.sent++);
      to.request(served -> served.step(mine.number, step));
    } else {
      mine.finished = true;
      to.request(served -> served.finish(mine.number, mine.checkpoint.content()));
    }
  }

  private void open(ClientStream to) {
    vm = vm.later(random);
    boolean chained = !inFlight.isEmpty();
    boolean full = !chained && (wantsFull || random.nextInt(8) == 0);
    long number = ++numbers;
    VmCheckpoint checkpoint =
        full
            ? VmCheckpoint.full(vm, random)
            : VmCheckpoint.incremental(
                chained ? inFlight.lastEntry().getValue().checkpoint.vm() : baseVm, vm, random);
    long baseNumber = chained ? inFlight.lastKey() : 0;
    Command.Open open =
        new Command.Open(
            image,
            new Epoch(epoch),
            full ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
            full || chained ? Optional.empty() : Optional.of(new CheckpointId(base)),
            full ? Optional.of(VmContent.REGIONS) : Optional.empty());
    inFlight.put(number, new Mine(number, checkpoint, !full && !chained));
    cluster.coverage().count(chained ? Schedule.CHAIN_OF_TWO : Schedule.OPENED);
    if (!unsettled.isEmpty()) {
      cluster.coverage().count(Schedule.SECOND_ATTEMPT);
    }
    to.request(served -> served.open(number, open, baseNumber));
  }

  private void heard(Answer answer) {
    switch (answer) {
      case Answer.Opened(long number, CheckpointKey key) -> {
        Mine mine = inFlight.get(number);
        if (mine != null) {
          mine.key = key;
          cluster.model().attempted(key, mine.checkpoint);
          if (mine.onBase) {
            // The base is the head still, so none of these was committed, and this Open ended them.
            unsettled.keySet().forEach(dead -> cluster.model().toldFailed(dead, "by " + key));
          }
          unsettled.clear();
        }
      }
      case Answer.Committed(long number, CheckpointKey key) -> {
        cluster.model().toldCommitted(key);
        Mine mine = inFlight.remove(number);
        if (mine != null) {
          committed(mine, key);
        }
      }
      case Answer.Rejected(long number, Rejection reason) -> rejected(number, reason);
      case Answer.Broken _ -> streamEnded();
    }
  }

  private void rejected(long number, Rejection reason) {
    Mine mine = inFlight.remove(number);
    if (mine == null) {
      return;
    }
    if (mine.key != null) {
      cluster.model().toldFailed(mine.key, "" + reason);
    }
    switch (reason) {
      case STALE_EPOCH, UNKNOWN_IMAGE -> {
        cluster.coverage().count(Schedule.COMMIT_AFTER_TAKE_OVER);
        fenced();
      }
      case WRONG_BASE -> {
        if (unsettled.isEmpty()) {
          fenced();
        }
      }
      case SEND_FULL -> wantsFull = true;
      default -> {}
    }
    if (inFlight.values().stream().anyMatch(other -> other.number > number)) {
      cluster.coverage().count(Schedule.CHAIN_ABORTED);
    }
  }

  /** What had its end is not known; what had not never will be committed. */
  private void streamEnded() {
    stream = null;
    for (Mine mine : List.copyOf(inFlight.values())) {
      if (mine.key != null && mine.finished) {
        unsettled.put(mine.key, mine);
      } else if (mine.key != null) {
        cluster.model().toldFailed(mine.key, "its end was not sent");
      }
    }
    inFlight.clear();
  }

  @Override
  public String toString() {
    return "%s: epoch %d, base %d, in flight %s, unsettled %s%s%s"
        .formatted(
            name,
            epoch,
            base,
            inFlight.keySet(),
            unsettled.keySet(),
            call.isPending() ? ", asking" : "",
            stream == null ? "" : ", connected");
  }
}
