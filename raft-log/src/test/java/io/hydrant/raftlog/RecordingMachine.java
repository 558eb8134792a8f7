package io.hydrant.raftlog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A state machine that keeps everything it was told. Its durable state is the list of commands up
 * to {@link #makeDurable}; {@link #restart} begins the next life from there.
 */
public class RecordingMachine implements ReplicatedStateMachine {
  /** One applied command. */
  public record Applied(LogPosition position, String command) {}

  private final LogPosition restored;
  private final StateOrigin origin;
  private final List<Applied> applied = new ArrayList<>();
  private final List<LogPosition> positions = new ArrayList<>();
  private final List<Boolean> leaderships = new ArrayList<>();
  private final List<LogPosition> installs = new ArrayList<>();
  private final List<Membership> memberships = new ArrayList<>();
  private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
  private final CountDownLatch led = new CountDownLatch(1);
  private List<Applied> durableCommands;
  private LogPosition durable;
  private StateOrigin durableOrigin;
  private LogPosition installed = LogPosition.NONE;
  private boolean durableAtSnapshot = true;
  private int snapshots;
  private Predicate<String> poison = command -> false;
  private Function<String, CompletableFuture<RecordingMachine>> source =
      leader -> CompletableFuture.failedFuture(new IllegalStateException("no source"));

  public RecordingMachine() {
    this(LogPosition.NONE, StateOrigin.REPLAYED, List.of());
  }

  private RecordingMachine(LogPosition restored, StateOrigin origin, List<Applied> commands) {
    this.restored = restored;
    this.origin = origin;
    this.durableOrigin = origin;
    this.durable = restored;
    this.durableCommands = commands;
    this.applied.addAll(commands);
  }

  /** The next life, with what this one has made durable. */
  public synchronized RecordingMachine restart() {
    return new RecordingMachine(durable, durableOrigin, durableCommands);
  }

  /** A life that begins where this one does not: at the position, with nothing before it. */
  public static RecordingMachine at(LogPosition position) {
    return at(position, StateOrigin.REPLAYED);
  }

  public static RecordingMachine at(LogPosition position, StateOrigin origin) {
    return new RecordingMachine(position, origin, List.of());
  }

  /** Where an install gets its state from: at the newest position of that machine. */
  public synchronized RecordingMachine installingFrom(
      Function<String, CompletableFuture<RecordingMachine>> newSource) {
    source = newSource;
    return this;
  }

  public synchronized RecordingMachine failingOn(Predicate<String> newPoison) {
    poison = newPoison;
    return this;
  }

  public synchronized RecordingMachine durableOnlyOnDemand() {
    durableAtSnapshot = false;
    return this;
  }

  public synchronized LogPosition makeDurable() {
    durable = positions.isEmpty() ? restored : positions.getLast();
    durableCommands = List.copyOf(applied);
    if (!durable.equals(installed)) {
      durableOrigin = positions.isEmpty() ? origin : StateOrigin.REPLAYED;
    }
    return durable;
  }

  @Override
  public LogPosition restored() {
    return restored;
  }

  @Override
  public StateOrigin origin() {
    return origin;
  }

  @Override
  public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
    Function<String, CompletableFuture<RecordingMachine>> from;
    synchronized (this) {
      installs.add(firstAvailable);
      from = source;
    }
    return from.apply(leader.id()).thenApply(machine -> switchTo(machine.state()));
  }

  private record State(LogPosition position, List<Applied> applied) {}

  private synchronized State state() {
    return new State(positions.isEmpty() ? restored : positions.getLast(), List.copyOf(applied));
  }

  private synchronized LogPosition switchTo(State state) {
    applied.clear();
    applied.addAll(state.applied());
    positions.clear();
    positions.add(state.position());
    installed = state.position();
    durableOrigin = StateOrigin.INSTALLED;
    return makeDurable();
  }

  @Override
  public synchronized byte[] apply(LogPosition position, byte[] bytes) throws Exception {
    String command = new String(bytes, StandardCharsets.UTF_8);
    if (poison.test(command)) {
      throw new java.io.IOException("poison: " + command);
    }
    positions.add(position);
    applied.add(new Applied(position, command));
    return command.isEmpty() ? new byte[0] : ("done " + command).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void skip(LogPosition position) {
    positions.add(position);
  }

  @Override
  public synchronized LogPosition snapshot() {
    snapshots++;
    return durableAtSnapshot ? makeDurable() : durable;
  }

  @Override
  public synchronized void leadershipChanged(boolean leader, long term) {
    leaderships.add(leader);
    if (leader) {
      led.countDown();
    }
  }

  @Override
  public synchronized void membershipChanged(Membership membership) {
    memberships.add(membership);
  }

  @Override
  public void failed(Throwable cause) {
    failure.complete(cause);
  }

  public CountDownLatch led() {
    return led;
  }

  public CompletableFuture<Throwable> failure() {
    return failure;
  }

  public synchronized List<Applied> applied() {
    return List.copyOf(applied);
  }

  public synchronized List<String> commands() {
    return applied.stream().map(Applied::command).toList();
  }

  /** Positions of this life, applied and skipped; since an install, from its position on. */
  public synchronized List<LogPosition> positions() {
    return List.copyOf(positions);
  }

  public synchronized List<Boolean> leaderships() {
    return List.copyOf(leaderships);
  }

  public synchronized List<Membership> memberships() {
    return List.copyOf(memberships);
  }

  /** First available entries of the installs that were asked for. */
  public synchronized List<LogPosition> installs() {
    return List.copyOf(installs);
  }

  public synchronized int snapshots() {
    return snapshots;
  }
}
