package io.hydrant.chaos.fault;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.chaos.group.Addresses;
import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceStage;
import io.hydrant.v1.ServerInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server whose disk is gone for ever, and that is replaced by a blank one at the same addresses.
 * Always the same one in a run, and the one whose bits turn over: a group survives one lost disk at
 * a time.
 */
public final class LostDisk implements Fault {
  private static final long ANSWER_SECONDS_MAX = 30;
  private static final long ASK_AGAIN_MILLIS = 300;

  private final Group group;
  private final Member victim;
  private final Duration patience;

  /**
   * @param patience for the replacement, from the start of the blank server on
   */
  public LostDisk(Group group, Member victim, Duration patience) {
    this.group = group;
    this.victim = victim;
    this.patience = patience;
  }

  @Override
  public String name() {
    return "disk lost, member replaced";
  }

  @Override
  public Optional<Strike> strike(SplittableRandom random) throws IOException, InterruptedException {
    Optional<Member> leader = group.leader();
    Optional<String> dead = leader.flatMap(Member::info).flatMap(this::nodeOfVictim);
    if (dead.isEmpty() || !canReplace(leader.orElseThrow())) {
      return Optional.empty();
    }
    victim.kill();
    delete(victim.data());
    return Optional.of(
        new Strike(
            victim.name() + ", " + dead.get(),
            Duration.ofMillis(random.nextInt(2_000)),
            () -> replace(dead.get())));
  }

  private Optional<String> nodeOfVictim(ServerInfo info) {
    String address =
        Addresses.host(victim.number())
            + ":"
            + group.addresses().ports().get(victim.number()).client();
    return info.getMembersList().stream()
        .filter(member -> member.getPublicAddress().equals(address))
        .map(io.hydrant.v1.Member::getNode)
        .findFirst();
  }

  private static boolean canReplace(Member leader) {
    try {
      stub(leader).replaceMember(ReplaceMemberRequest.getDefaultInstance());
      return true;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() != Status.Code.UNIMPLEMENTED;
    }
  }

  private static ClusterServiceGrpc.ClusterServiceBlockingStub stub(Member leader) {
    return ClusterServiceGrpc.newBlockingStub(leader.channel())
        .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
  }

  /** Asks whoever leads, again and again, as the command line does. */
  private void replace(String dead) throws IOException, InterruptedException {
    victim.start();
    ReplaceMemberRequest request =
        ReplaceMemberRequest.newBuilder()
            .setDead(dead)
            .setWithPeerAddress(group.addresses().peerAddress(victim.number()))
            .build();
    long deadline = System.nanoTime() + patience.toNanos();
    String last = "no leader";
    while (System.nanoTime() < deadline) {
      Optional<Member> leader = group.leader();
      if (leader.isPresent()) {
        try {
          ReplaceStage stage = stub(leader.get()).replaceMember(request).getStage();
          if (stage == ReplaceStage.REPLACE_STAGE_DONE) {
            return;
          }
          last = stage.name();
        } catch (StatusRuntimeException e) {
          last = e.getStatus().toString();
        }
      }
      TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MILLIS);
    }
    throw new IOException(
        "%s was not replaced within %d s: %s".formatted(victim.name(), patience.toSeconds(), last));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
