package io.hydrant.raftlog;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who belongs to a group.
 *
 * @param index log index of the entry that says so; -1: configured, before the first entry
 * @param voters elect and commit
 * @param oldVoters empty unless a change is under way: then nothing is elected or committed without
 *     a majority of these as well
 * @param listeners get every entry, and never count
 */
public record Membership(
    long index, List<Peer> voters, List<Peer> oldVoters, List<Peer> listeners) {

  public Membership {
    voters = List.copyOf(voters);
    oldVoters = List.copyOf(oldVoters);
    listeners = List.copyOf(listeners);
  }

  public boolean isStable() {
    return oldVoters.isEmpty();
  }

  /** Whether this one commits by itself. */
  public boolean isOnly(String id) {
    return isStable() && voters.size() == 1 && isVoter(id);
  }

  public boolean isVoter(String id) {
    return voters.stream().anyMatch(peer -> peer.id().equals(id));
  }

  public boolean isListener(String id) {
    return listeners.stream().anyMatch(peer -> peer.id().equals(id));
  }

  /** Whoever takes part at present, with the address that holds. */
  public Optional<Peer> member(String id) {
    return Stream.of(voters, listeners, oldVoters)
        .flatMap(List::stream)
        .filter(peer -> peer.id().equals(id))
        .findFirst();
  }
}
