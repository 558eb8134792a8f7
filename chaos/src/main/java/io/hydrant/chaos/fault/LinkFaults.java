package io.hydrant.chaos.fault;

import io.hydrant.chaos.group.Addresses;
import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.chaos.link.Links;
import io.hydrant.chaos.link.Links.Plane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Servers that cannot hear each other, in part or at all. */
public final class LinkFaults {
  private static final int HOLD_MILLIS_MIN = 500;
  private static final int HOLD_MILLIS_MAX = 6_000;
  private static final int DELAY_MILLIS_MAX = 60;

  private final Group group;
  private final Links links;

  public LinkFaults(Group group, Links links) {
    this.group = group;
    this.links = links;
  }

  /** Does it to one server and all others, or only one of them. */
  private interface Damage {
    void between(Links links, int one, int other, SplittableRandom random);
  }

  private record LinkFault(
      String name, Group group, Links links, boolean leader, boolean all, Damage damage)
      implements Fault {
    @Override
    public Optional<Strike> strike(SplittableRandom random) {
      Optional<Integer> one = one(random);
      if (one.isEmpty()) {
        return Optional.empty();
      }
      List<Integer> others = new ArrayList<>();
      for (Member member : group.members()) {
        if (member.number() != one.get()) {
          others.add(member.number());
        }
      }
      if (!all) {
        others.remove((int) random.nextInt(others.size()));
      }
      others.forEach(other -> damage.between(links, one.get(), other, random));
      return Optional.of(
          new Strike(
              Addresses.name(one.get())
                  + " and "
                  + String.join(", ", others.stream().map(Addresses::name).toList()),
              Duration.ofMillis(random.nextInt(HOLD_MILLIS_MIN, HOLD_MILLIS_MAX)),
              links::heal));
    }

    private Optional<Integer> one(SplittableRandom random) {
      return leader
          ? group.leader().map(Member::number)
          : Optional.of(random.nextInt(group.members().size()));
    }
  }

  public List<Fault> all() {
    return List.of(
        fault(
            "leader cut off",
            true,
            true,
            (net, one, other, _) -> {
              net.cut(Plane.RAFT, one, other);
              net.cut(Plane.PEER, one, other);
            }),
        fault(
            "any cut off",
            false,
            true,
            (net, one, other, _) -> {
              net.cut(Plane.RAFT, one, other);
              net.cut(Plane.PEER, one, other);
            }),
        fault(
            "two cut apart",
            false,
            false,
            (net, one, other, _) -> {
              net.cut(Plane.RAFT, one, other);
              net.cut(Plane.PEER, one, other);
            }),
        fault(
            "leader's data cut, log up",
            true,
            true,
            (net, one, other, _) -> net.cut(Plane.PEER, one, other)),
        fault(
            "leader's log cut, data up",
            true,
            true,
            (net, one, other, _) -> net.cut(Plane.RAFT, one, other)),
        fault(
            "leader is not heard",
            true,
            true,
            (net, one, other, _) -> {
              net.swallow(Plane.RAFT, one, other);
              net.swallow(Plane.PEER, one, other);
            }),
        fault(
            "leader does not hear",
            true,
            true,
            (net, one, other, _) -> {
              net.swallow(Plane.RAFT, other, one);
              net.swallow(Plane.PEER, other, one);
            }),
        fault(
            "slow link",
            false,
            false,
            (net, one, other, random) -> {
              int millis = 1 + random.nextInt(DELAY_MILLIS_MAX);
              net.delay(Plane.RAFT, one, other, millis);
              net.delay(Plane.PEER, one, other, millis);
            }));
  }

  private Fault fault(String name, boolean leader, boolean all, Damage damage) {
    return new LinkFault(name, group, links, leader, all, damage);
  }
}
