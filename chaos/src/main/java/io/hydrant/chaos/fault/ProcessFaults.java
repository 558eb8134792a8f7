package io.hydrant.chaos.fault;

import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Processes that end, or stand still. */
public final class ProcessFaults {
  private static final int DOWN_MILLIS_MAX = 2_000;

  private final Group group;
  private final Duration electionTimeout;

  public ProcessFaults(Group group, Duration electionTimeout) {
    this.group = group;
    this.electionTimeout = electionTimeout;
  }

  /** What happens to the chosen ones. */
  private interface Blow {
    void fall(Member member) throws IOException, InterruptedException;
  }

  private enum Whom {
    LEADER,
    FOLLOWER,
    TWO,
    ANY
  }

  private record ProcessFault(
      String name,
      Group group,
      Whom whom,
      Blow blow,
      Blow cure,
      int holdMillisMin,
      int holdMillisMax)
      implements Fault {
    @Override
    public Optional<Strike> strike(SplittableRandom random)
        throws IOException, InterruptedException {
      List<Member> chosen = choose(random);
      if (chosen.isEmpty()) {
        return Optional.empty();
      }
      for (Member member : chosen) {
        blow.fall(member);
      }
      return Optional.of(
          new Strike(
              String.join(" and ", chosen.stream().map(Member::name).toList()),
              Duration.ofMillis(random.nextInt(holdMillisMin, holdMillisMax + 1)),
              () -> {
                for (Member member : chosen) {
                  cure.fall(member);
                }
              }));
    }

    private List<Member> choose(SplittableRandom random) {
      List<Member> all = new ArrayList<>(group.members());
      Optional<Member> leader = group.leader();
      return switch (whom) {
        case LEADER -> leader.map(List::of).orElse(List.of());
        case FOLLOWER -> {
          leader.ifPresent(all::remove);
          yield leader.isEmpty() ? List.of() : List.of(all.get(random.nextInt(all.size())));
        }
        case TWO -> {
          all.remove(random.nextInt(all.size()));
          yield all;
        }
        case ANY -> List.of(all.get(random.nextInt(all.size())));
      };
    }
  }

  /** All of them. */
  public List<Fault> all() {
    int election = Math.toIntExact(electionTimeout.toMillis());
    return List.of(
        ended("leader killed", Whom.LEADER, Member::kill),
        ended("follower killed", Whom.FOLLOWER, Member::kill),
        ended("two killed at once", Whom.TWO, Member::kill),
        ended("stopped in order and started", Whom.ANY, Member::stop),
        frozen("leader frozen", Whom.LEADER, 2 * election, 5 * election),
        frozen("follower frozen", Whom.FOLLOWER, 2 * election, 8 * election));
  }

  private Fault ended(String name, Whom whom, Blow blow) {
    return new ProcessFault(name, group, whom, blow, Member::start, 0, DOWN_MILLIS_MAX);
  }

  private Fault frozen(String name, Whom whom, int holdMillisMin, int holdMillisMax) {
    return new ProcessFault(
        name, group, whom, Member::freeze, Member::thaw, holdMillisMin, holdMillisMax);
  }
}
