package io.hydrant.chaos.group;

import com.google.protobuf.ByteString;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.ServerInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The servers under test. */
public final class Group implements AutoCloseable {
  private static final int TOKEN_BYTES = 16;
  private static final long INIT_SECONDS_MAX = 120;
  private static final long LOOK_MILLIS = 50;

  private final Addresses addresses;

  /** A server whose machine is busy takes a while to write its dump. */
  private static final long DUMP_MILLIS = 2_000;

  private final List<Member> members = new ArrayList<>();

  /** Writes what the servers need to find each other; starts nothing. */
  public Group(Addresses addresses, Member.Launch launch) throws IOException {
    this.addresses = addresses;
    for (int number = 0; number < addresses.servers(); number++) {
      Member member = new Member(number, launch, addresses.ports().get(number));
      Files.createDirectories(member.faults());
      addresses.writeServerHosts(number, member.hosts());
      members.add(member);
    }
  }

  public List<Member> members() {
    return members;
  }

  public Member member(int number) {
    return members.get(number);
  }

  public Addresses addresses() {
    return addresses;
  }

  /** Starts all, and makes them one group. */
  public void found(Duration patience) throws IOException, InterruptedException {
    for (Member member : members) {
      member.start();
    }
    await(
        "the servers to answer",
        patience,
        () -> members.stream().allMatch(member -> member.info().isPresent()));
    InitRequest.Builder init =
        InitRequest.newBuilder().setToken(ByteString.copyFrom(new byte[TOKEN_BYTES]));
    for (Member member : members) {
      init.addPeerAddress(addresses.peerAddress(member.number()));
    }
    ClusterServiceGrpc.newBlockingStub(members.getFirst().channel())
        .withDeadlineAfter(INIT_SECONDS_MAX, TimeUnit.SECONDS)
        .init(init.build());
    awaitLeader(patience);
  }

  /** Every server that runs writes into its log what its threads do. */
  public void dumpThreads() throws IOException, InterruptedException {
    for (Member member : members) {
      member.dumpThreads();
    }
    TimeUnit.MILLISECONDS.sleep(DUMP_MILLIS);
  }

  /** Who leads, by the word of the newest term; empty: nobody says so. */
  public Optional<Member> leader() {
    Member leader = null;
    long term = -1;
    for (Member member : members) {
      Optional<ServerInfo> info = member.runs() ? member.info() : Optional.empty();
      if (info.isPresent() && info.get().getLeader() && info.get().getTerm() > term) {
        leader = member;
        term = info.get().getTerm();
      }
    }
    return Optional.ofNullable(leader);
  }

  public Member awaitLeader(Duration patience) throws IOException, InterruptedException {
    List<Member> found = new ArrayList<>();
    await(
        "a leader",
        patience,
        () -> {
          leader().ifPresent(found::add);
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  /** Waits until every server has applied all that any of them has; the index. */
  public long awaitLevel(Duration patience) throws IOException, InterruptedException {
    long[] level = {0};
    await(
        "all servers to have applied the same",
        patience,
        () -> {
          List<Long> applied = new ArrayList<>();
          for (Member member : members) {
            applied.add(member.stats().map(stats -> gauge(stats, "applied_index")).orElse(-1L));
          }
          level[0] = applied.getFirst();
          return level[0] > 0 && applied.stream().allMatch(index -> index == level[0]);
        });
    return level[0];
  }

  public static long gauge(io.hydrant.v1.StatsResponse stats, String name) {
    return stats.getGaugesOrDefault(name, 0);
  }

  /**
   * Waits for a condition.
   *
   * @throws IOException it does not come true in time; with the logs of servers that have ended
   */
  public void await(String what, Duration patience, BooleanSupplier condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "waited %d s in vain for %s%s".formatted(patience.toSeconds(), what, ended()));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private String ended() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Member member : members) {
      Optional<Integer> code = member.exitCode();
      if (code.isPresent()) {
        text.append("; ").append(member.name()).append(" ended with ").append(code.get());
        text.append(", its log ends:\n").append(member.logTail()).append('\n');
      }
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (Member member : members) {
      member.close();
    }
  }
}
