package io.hydrant.node.data;

import io.hydrant.engine.model.EntryPosition;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * How a node became one of several.
 *
 * @param token of the initialisation or the joining; a repeat carries the same
 * @param joins it came to a group that was there, and began without a vote
 * @param members of the group at that time, this one among them; later the log says who they are
 * @param recovered an operator made a new group, named by the token, out of what this replica alone
 *     had, at this position: its log begins behind it
 */
public record Adoption(
    UUID token, boolean joins, List<MemberAddress> members, Optional<EntryPosition> recovered) {
  /** More replicas of one group than that are a mistake: each commit waits for a majority. */
  public static final int MEMBERS_MAX = 9;

  public Adoption {
    members = List.copyOf(members);
    if (members.isEmpty() || members.size() > MEMBERS_MAX) {
      throw new IllegalArgumentException(
          "a group has 1 to " + MEMBERS_MAX + " members, not " + members.size());
    }
    Set<String> names = new HashSet<>();
    for (MemberAddress member : members) {
      if (!names.add(member.node())) {
        throw new IllegalArgumentException(member.node() + " is named twice");
      }
    }
    if (recovered.isPresent() && (joins || members.size() > 1)) {
      throw new IllegalArgumentException("a group that was recovered begins with one member");
    }
  }

  /** By an initialisation, or by joining. */
  public Adoption(UUID token, boolean joins, List<MemberAddress> members) {
    this(token, joins, members, Optional.empty());
  }

  /** By a recovery. */
  public static Adoption recovered(UUID group, MemberAddress self, EntryPosition at) {
    return new Adoption(group, false, List.of(self), Optional.of(at));
  }

  boolean has(String node) {
    return members.stream().anyMatch(member -> member.node().equals(node));
  }
}
