package io.hydrant.testkit.simulation.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Which node reaches which, on each plane and in each direction; and what is on its way beside the
 * streams: answers to single questions, and what a stream had in flight when it broke. That comes
 * in any order, late, or never. Streams keep their own order (see {@link PeerConnection}).
 */
final class SimulatedNetwork {
  enum Plane {
    RAFT,
    DATA,
    CLIENT
  }

  private record Link(Plane plane, String from, String to) implements Comparable<Link> {
    @Override
    public int compareTo(Link other) {
      return toString().compareTo(other.toString());
    }
  }

  private final TreeSet<Link> cut = new TreeSet<>();
  private final List<Runnable> late = new ArrayList<>();
  private final RandomGenerator random;

  SimulatedNetwork(RandomGenerator random) {
    this.random = random;
  }

  boolean isOpen(Plane plane, String from, String to) {
    return cut.isEmpty() || !cut.contains(new Link(plane, from, to));
  }

  boolean isOpenBothWays(Plane plane, String one, String other) {
    return isOpen(plane, one, other) && isOpen(plane, other, one);
  }

  void cut(Plane plane, String from, String to) {
    cut.add(new Link(plane, from, to));
  }

  void heal() {
    cut.clear();
  }

  /** Heals one cut, if there is any. */
  void healOne() {
    if (!cut.isEmpty()) {
      List<Link> links = List.copyOf(cut);
      cut.remove(links.get(random.nextInt(links.size())));
    }
  }

  /** Something arrives at some time, in no order. It checks for itself whether it still can. */
  void sendLate(Runnable arrival) {
    late.add(arrival);
  }

  /** Something that is late arrives, or is lost; false if nothing is. */
  boolean deliverLate(boolean mayLose) {
    if (late.isEmpty()) {
      return false;
    }
    Runnable arrival = late.remove(random.nextInt(late.size()));
    if (!mayLose || random.nextInt(8) > 0) {
      arrival.run();
    }
    return true;
  }
}
