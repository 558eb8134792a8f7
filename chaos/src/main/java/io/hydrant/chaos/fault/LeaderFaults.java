package io.hydrant.chaos.fault;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.TransferLeadershipRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Leadership that is handed over by order. */
public final class LeaderFaults {
  private static final long ANSWER_SECONDS_MAX = 20;

  private final Group group;

  public LeaderFaults(Group group) {
    this.group = group;
  }

  public List<Fault> all() {
    return List.of(
        new Fault() {
          @Override
          public String name() {
            return "leadership handed over";
          }

          @Override
          public Optional<Strike> strike(SplittableRandom random) {
            return group.leader().flatMap(LeaderFaults.this::transfer);
          }
        });
  }

  private Optional<Fault.Strike> transfer(Member leader) {
    try {
      String next =
          ClusterServiceGrpc.newBlockingStub(leader.channel())
              .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)
              .transferLeadership(TransferLeadershipRequest.getDefaultInstance())
              .getLeaderId();
      return Optional.of(
          new Fault.Strike(
              "from %s to %s".formatted(leader.name(), next), Duration.ZERO, () -> {}));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return Optional.empty();
      }
      // Refused or not answered, for instance for want of a voter that has everything: no harm
      // done.
      return Optional.of(
          new Fault.Strike(
              "not from %s: %s".formatted(leader.name(), e.getStatus().getDescription()),
              Duration.ZERO,
              () -> {}));
    }
  }
}
