package io.hydrant.testkit.raft;

import io.hydrant.testkit.raft.RaftEntry.Payload;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A replicated log as Raft's specification has it: what each node has durably, and steps that
 * change it, in whatever order the caller picks. There are no messages and no time-outs, so any
 * order that a real one could show is a sequence of these steps.
 *
 * <pre>
 * campaign      a node asks everybody it reaches for a vote
 * propose       a node that believes that it leads appends, also one that was deposed
 * replicate     entries go to another node, which drops what conflicts
 * sync          what a node has in its log survives a power cut
 * acknowledge   the leader learns what another node has synced
 * advance       the leader commits what a majority has
 * </pre>
 *
 * <p>It checks itself, so that it cannot be what is wrong: one leader a term, one entry a place and
 * term, committed entries never change, and a leader has all of them. Single-threaded.
 *
 * @param <C> commands
 */
public final class SimulatedRaft<C> {
  private final Links links;
  private final TreeMap<String, Node<C>> nodes = new TreeMap<>();
  private final Map<Long, String> leaders = new HashMap<>();
  private final List<RaftEntry<C>> committed = new ArrayList<>();
  private long elections;

  /** Whether what one node sends now reaches another: both run, and the network lets it through. */
  public interface Links {
    boolean isOpen(String from, String to);
  }

  private static final class Node<C> {
    final String id;
    final NodeLog<C> log = new NodeLog<>();
    RaftMembers startMembers;
    RaftMembers members;
    long term;
    @Nullable String votedFor;
    boolean leading;
    long commitIndex;

    /** As a follower: entries up to here are the leader's of this term. */
    long verified;

    /** As a leader: what each node is known to have synced. */
    final TreeMap<String, Long> match = new TreeMap<>();

    long startIndex;

    Node(String id, RaftMembers members) {
      this.id = id;
      this.startMembers = members;
      this.members = members;
    }

    void observe(long newTerm) {
      if (newTerm > term) {
        term = newTerm;
        votedFor = null;
        leading = false;
        verified = 0;
      }
    }

    void findMembers() {
      RaftMembers found = log.members();
      members = found == null ? startMembers : found;
    }
  }

  public SimulatedRaft(Links links) {
    this.links = links;
  }

  /** A node with a blank log. */
  public void add(String id, RaftMembers members) {
    nodes.put(id, new Node<>(id, members));
  }

  /** Its log is gone, and so is what it promised: it never comes back under that name. */
  public void remove(String id) {
    nodes.remove(id);
  }

  private Node<C> node(String id) {
    Node<C> node = nodes.get(id);
    if (node == null) {
      throw new IllegalArgumentException("no node " + id);
    }
    return node;
  }

  /** A node asks for votes. Returns whether it leads now. */
  public boolean campaign(String id) {
    Node<C> candidate = node(id);
    if (!candidate.members.mayVote(id)) {
      return false;
    }
    candidate.observe(candidate.term + 1);
    candidate.votedFor = id;
    SortedSet<String> votes = new TreeSet<>();
    votes.add(id);
    for (String other : candidate.members.all()) {
      Node<C> voter = nodes.get(other);
      if (voter != null
          && !other.equals(id)
          && links.isOpen(id, other)
          && grants(voter, candidate)) {
        if (links.isOpen(other, id)) {
          votes.add(other);
        }
      }
    }
    if (!candidate.members.isMajority(votes::contains)) {
      return false;
    }
    lead(candidate);
    return true;
  }

  private boolean grants(Node<C> voter, Node<C> candidate) {
    if (candidate.term < voter.term) {
      if (links.isOpen(voter.id, candidate.id)) {
        candidate.observe(voter.term);
      }
      return false;
    }
    voter.observe(candidate.term);
    boolean upToDate =
        candidate.log.lastTerm() > voter.log.lastTerm()
            || candidate.log.lastTerm() == voter.log.lastTerm()
                && candidate.log.lastIndex() >= voter.log.lastIndex();
    boolean free = voter.votedFor == null || voter.votedFor.equals(candidate.id);
    if (!upToDate || !free || !voter.members.mayVote(voter.id)) {
      return false;
    }
    voter.votedFor = candidate.id;
    return true;
  }

  private void lead(Node<C> node) {
    String other = leaders.put(node.term, node.id);
    require(other == null, "term %d has two leaders, %s and %s", node.term, other, node.id);
    if (!committed.isEmpty()) {
      RaftEntry<C> last = committed.getLast();
      boolean there =
          last.index() <= node.log.baseIndex()
              || node.log.has(last.index()) && node.log.get(last.index()) == last;
      require(there, "%s leads in term %d without %s", node.id, node.term, last);
    }
    elections++;
    node.leading = true;
    node.match.clear();
    node.startIndex = append(node, new Payload.Started<>()).index();
  }

  /** How many leaders there were. */
  public long elections() {
    return elections;
  }

  private RaftEntry<C> append(Node<C> node, Payload<C> payload) {
    RaftEntry<C> entry = new RaftEntry<>(node.term, node.log.lastIndex() + 1, payload);
    node.log.append(entry);
    if (payload instanceof Payload.Configured<C> configured) {
      node.members = configured.members();
    }
    return entry;
  }

  /**
   * Appends a command.
   *
   * @return empty if the node does not believe that it leads
   */
  public Optional<RaftEntry<C>> propose(String id, C command) {
    Node<C> node = node(id);
    return node.leading
        ? Optional.of(append(node, new Payload.Command<>(command)))
        : Optional.empty();
  }

  /** What became of an attempt to replicate. */
  public enum Replicated {
    NOTHING,
    ENTRIES,
    /** The sender has purged what the other one needs. */
    PURGED
  }

  /** Sends entries, at most so many, from a node that believes that it leads. */
  public Replicated replicate(String from, String to, int entriesMax) {
    Node<C> leader = node(from);
    Node<C> other = nodes.get(to);
    if (!leader.leading || other == null || from.equals(to) || !links.isOpen(from, to)) {
      return Replicated.NOTHING;
    }
    if (other.term > leader.term) {
      if (links.isOpen(to, from)) {
        leader.observe(other.term);
      }
      return Replicated.NOTHING;
    }
    other.observe(leader.term);
    require(!other.leading, "%s and %s lead in term %d", from, to, leader.term);
    long same = commonIndex(leader.log, other.log);
    if (same < leader.log.baseIndex()) {
      return Replicated.PURGED;
    }
    long end = Math.min(leader.log.lastIndex(), same + entriesMax);
    for (long index = same + 1; index <= end; index++) {
      if (other.log.has(index)) {
        require(index > other.commitIndex, "%s drops committed entry %d", to, index);
        other.log.truncateFrom(index);
      }
      other.log.append(leader.log.get(index));
    }
    if (end > same) {
      other.findMembers();
    }
    other.verified = Math.max(other.verified, end);
    commit(other, Math.min(leader.commitIndex, end));
    return end > same ? Replicated.ENTRIES : Replicated.NOTHING;
  }

  /** The last index up to which two logs are one; what either has purged is committed. */
  private static <C> long commonIndex(NodeLog<C> one, NodeLog<C> other) {
    long index = Math.min(one.lastIndex(), other.lastIndex());
    while (index > one.baseIndex()
        && index > other.baseIndex()
        && one.get(index) != other.get(index)) {
      index--;
    }
    boolean conflict =
        index == one.baseIndex()
            && other.has(index)
            && other.get(index).term() != one.termAt(index);
    return conflict ? index - 1 : index;
  }

  /** The leader hears what a node has. */
  public void acknowledge(String from, String leaderId) {
    Node<C> node = node(from);
    Node<C> leader = nodes.get(leaderId);
    if (leader == null || !leader.leading || !links.isOpen(from, leaderId)) {
      return;
    }
    if (node.term > leader.term) {
      leader.observe(node.term);
    } else if (node.term == leader.term) {
      long has = Math.min(node.verified, node.log.syncedIndex());
      leader.match.merge(from, has, Math::max);
    }
  }

  /** What is in a node's log survives a power cut from now on. */
  public void sync(String id) {
    node(id).log.sync();
  }

  /** The leader commits what a majority has of its own term, and all before it. */
  public void advance(String id) {
    Node<C> leader = node(id);
    if (!leader.leading) {
      return;
    }
    leader.match.put(id, leader.log.syncedIndex());
    long reached = leader.members.reachedByMajority(leader.match);
    if (reached > leader.commitIndex
        && reached > leader.log.baseIndex()
        && leader.log.termAt(reached) == leader.term) {
      commit(leader, reached);
    }
    if (!leader.members.isStable() && isMembersCommitted(leader)) {
      append(
          leader,
          new Payload.Configured<>(
              new RaftMembers(
                  leader.members.voters(), new TreeSet<>(), leader.members.listeners())));
    } else if (leader.members.isStable()
        && isMembersCommitted(leader)
        && !leader.members.voters().contains(id)) {
      leader.leading = false;
    }
  }

  /** Whether the members are settled, by the log of this node. */
  public boolean areMembersCommitted(String id) {
    return node(id).members.isStable() && isMembersCommitted(node(id));
  }

  private boolean isMembersCommitted(Node<C> node) {
    return membersIndex(node.id) <= node.commitIndex;
  }

  /**
   * Index of the entry that says who the members are; or where the log begins, if it was purged.
   */
  public long membersIndex(String id) {
    NodeLog<C> log = node(id).log;
    for (long index = log.lastIndex(); index > log.baseIndex(); index--) {
      if (log.get(index).payload() instanceof Payload.Configured<C>) {
        return index;
      }
    }
    return log.baseIndex();
  }

  private void commit(Node<C> node, long index) {
    for (long at = Math.max(node.commitIndex, node.log.baseIndex()) + 1; at <= index; at++) {
      RaftEntry<C> entry = node.log.get(at);
      if (at == committed.size() + 1) {
        committed.add(entry);
      }
      require(
          at <= committed.size() && committed.get((int) at - 1) == entry,
          "%s commits %s, but committed was %s",
          node.id,
          entry,
          at <= committed.size() ? committed.get((int) at - 1) : "less");
    }
    node.commitIndex = Math.max(node.commitIndex, index);
  }

  /**
   * Changes the members, through a phase in which both majorities are needed if the voters change.
   *
   * @return false if the node does not believe that it leads, or a change is under way
   */
  public boolean changeMembers(String id, SortedSet<String> voters, SortedSet<String> listeners) {
    Node<C> leader = node(id);
    if (!leader.leading || !leader.members.isStable() || !isMembersCommitted(leader)) {
      return false;
    }
    SortedSet<String> old =
        voters.equals(leader.members.voters()) ? new TreeSet<>() : leader.members.voters();
    append(leader, new Payload.Configured<>(new RaftMembers(voters, old, listeners)));
    return true;
  }

  /** It gives up leading. */
  public void stepDown(String id) {
    node(id).leading = false;
  }

  /** The process dies; with it, perhaps, what was not synced. */
  public void crash(String id, boolean powerCut, RandomGenerator random) {
    Node<C> node = node(id);
    node.leading = false;
    node.verified = 0;
    node.commitIndex = 0;
    if (powerCut) {
      node.log.powerCut(random);
      node.findMembers();
    }
  }

  /** The process runs again, with a state of this index. */
  public void started(String id, long term, long index) {
    Node<C> node = node(id);
    boolean behind = index > node.log.lastIndex();
    if (behind || node.log.has(index) && node.log.termAt(index) != term) {
      node.log.restart(term, index);
      node.findMembers();
    }
    node.commitIndex = Math.max(node.commitIndex, Math.max(index, node.log.baseIndex()));
  }

  /** Its state is that of another node at this place, with these members. */
  public void installed(String id, long term, long index, RaftMembers members) {
    Node<C> node = node(id);
    node.log.restart(term, index);
    node.startMembers = members;
    node.findMembers();
    node.commitIndex = Math.max(node.commitIndex, index);
  }

  /** Drops entries that are durable in the state. */
  public void purge(String id, long upTo) {
    Node<C> node = node(id);
    long most = Math.min(Math.min(upTo, node.log.syncedIndex()), node.commitIndex);
    if (most > node.log.baseIndex()) {
      RaftMembers kept = node.members;
      node.log.purge(most);
      node.startMembers = kept;
    }
  }

  public boolean isLeading(String id) {
    return node(id).leading;
  }

  /** Index of the first entry of its term: once it is applied, so is all before it. */
  public long startIndex(String id) {
    return node(id).startIndex;
  }

  public long term(String id) {
    return node(id).term;
  }

  /** Entries up to here may be applied: committed, and durable on this node. */
  public long applicableIndex(String id) {
    Node<C> node = node(id);
    return Math.min(node.commitIndex, node.log.syncedIndex());
  }

  public long lastIndex(String id) {
    return node(id).log.lastIndex();
  }

  /** An entry that this node has. */
  public RaftEntry<C> entry(String id, long index) {
    return node(id).log.get(index);
  }

  /** First index that is still in the log. */
  public long firstIndex(String id) {
    return node(id).log.baseIndex() + 1;
  }

  /** The members as this node's log has them. */
  public RaftMembers members(String id) {
    return node(id).members;
  }

  /** What each node is known to have, by this leader. */
  public Map<String, Long> matchIndices(String id) {
    return Map.copyOf(node(id).match);
  }

  /** Everything that is committed, from index 1 on. */
  public List<RaftEntry<C>> committed() {
    return committed;
  }

  /** Whether this node can confirm now that nobody has deposed it. */
  public boolean isCurrent(String id) {
    Node<C> leader = node(id);
    return leader.leading
        && leader.members.isMajority(other ->
            other.equals(id)
                || nodes.containsKey(other)
                    && links.isOpen(id, other)
                    && links.isOpen(other, id)
                    && node(other).term <= leader.term);
  }

  private static void require(boolean holds, String message, @Nullable Object... values) {
    if (!holds) {
      throw new IllegalStateException("raft: " + message.formatted(values));
    }
  }
}
