package io.hydrant.client;

import io.hydrant.v1.ServerInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers of the group as this client knows them, and the one that it takes for the leader. The
 * configured ones stay; those that servers tell of come and go with the newest answer.
 *
 * <p>Everything here is a hint: a wrong one costs a refused call, and the refusal puts it right.
 *
 * <p>Safe for use by several threads.
 */
final class Members implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Members.class);

  /**
   * More than a group has voters and joiners; bounds what a wrong answer can make us connect to.
   */
  private static final int MEMBERS_MAX = 16;

  /** How long answers on their way may still arrive after {@link #close}, of all together. */
  private static final long SHUTDOWN_SECONDS_MAX = 2;

  private final Function<Endpoint, Member> connector;
  private final Predicate<Endpoint> allowed;
  private final Set<Endpoint> seeds;

  /** Never empty. Replaced, not changed. */
  private volatile List<Member> members;

  private volatile Member leader;

  /** Of the newest answer that named a leader or members. */
  private long term;

  private final AtomicInteger readers = new AtomicInteger();
  private boolean closed;

  /**
   * @param seeds at least one; the first is asked first
   * @param allowed which endpoints may be connected to when a server names them
   */
  Members(List<Endpoint> seeds, Predicate<Endpoint> allowed, Function<Endpoint, Member> connector) {
    this.connector = connector;
    this.allowed = allowed;
    this.seeds = new LinkedHashSet<>(seeds);
    this.members = this.seeds.stream().map(connector).toList();
    this.leader = members.getFirst();
  }

  /** At least one. */
  List<Member> all() {
    return members;
  }

  /** Whether there is another one to ask. */
  boolean several() {
    return members.size() > 1;
  }

  /** The one that leads, as far as is known. */
  Member leader() {
    return leader;
  }

  /** The one to ask after the given one. */
  Member after(Member member) {
    List<Member> known = members;
    return known.get((known.indexOf(member) + 1) % known.size());
  }

  /** The one that the next stream of reads begins with: each in turn. */
  Member reader() {
    List<Member> known = members;
    return known.get(Math.floorMod(readers.getAndIncrement(), known.size()));
  }

  /** Takes a member that did a leader's work for the leader. */
  void leads(Member member) {
    if (!leader.equals(member)) {
      synchronized (this) {
        leader = members.contains(member) ? member : leader;
      }
    }
  }

  /** Gives up the belief that a member leads, for the next one's turn; returns whom to ask now. */
  synchronized Member notLeader(Member member) {
    if (leader.equals(member)) {
      leader = after(member);
    }
    return leader;
  }

  /** Takes the address of a refusal for the leader's; null if it is of no use. */
  synchronized @Nullable Member hinted(String address) {
    Endpoint endpoint = endpoint(address);
    Member hinted = endpoint == null ? null : member(endpoint);
    if (hinted == null && endpoint != null && !closed && members.size() < MEMBERS_MAX) {
      hinted = connector.apply(endpoint);
      List<Member> more = new ArrayList<>(members);
      more.add(hinted);
      members = List.copyOf(more);
    }
    if (hinted != null) {
      leader = hinted;
    }
    return hinted;
  }

  /**
   * Takes over what a member says of its group, unless something newer is known.
   *
   * @param from who said it
   */
  synchronized void learn(Member from, ServerInfo info) {
    if (closed || Long.compareUnsigned(info.getTerm(), term) < 0) {
      return;
    }
    if (info.getMembersCount() > 0) {
      replaceMembers(info);
    }
    // Who follows may not have noticed yet that its leader is gone; only a later term is news.
    boolean news = Long.compareUnsigned(info.getTerm(), term) > 0;
    Member named = info.getLeader() ? from : news ? named(info) : null;
    if (named != null && members.contains(named)) {
      term = info.getTerm();
      leader = named;
    }
  }

  private @Nullable Member named(ServerInfo info) {
    for (io.hydrant.v1.Member member : info.getMembersList()) {
      if (!info.getLeaderId().isEmpty() && member.getNode().equals(info.getLeaderId())) {
        Endpoint endpoint = endpoint(member.getPublicAddress());
        return endpoint == null ? null : member(endpoint);
      }
    }
    return null;
  }

  private void replaceMembers(ServerInfo info) {
    Set<Endpoint> wanted = new LinkedHashSet<>(seeds);
    for (io.hydrant.v1.Member member : info.getMembersList()) {
      Endpoint endpoint = endpoint(member.getPublicAddress());
      if (endpoint != null && wanted.size() < MEMBERS_MAX) {
        wanted.add(endpoint);
      }
    }
    List<Member> before = members;
    List<Member> next = new ArrayList<>();
    for (Endpoint endpoint : wanted) {
      Member known = member(endpoint);
      next.add(known == null ? connector.apply(endpoint) : known);
    }
    members = List.copyOf(next);
    if (!next.contains(leader)) {
      leader = next.getFirst();
    }
    for (Member gone : before) {
      if (!next.contains(gone)) {
        gone.bulk().shutdown();
        gone.demand().shutdown();
      }
    }
  }

  private @Nullable Member member(Endpoint endpoint) {
    for (Member member : members) {
      if (member.endpoint().equals(endpoint)) {
        return member;
      }
    }
    return null;
  }

  private @Nullable Endpoint endpoint(String address) {
    try {
      Endpoint endpoint = Endpoint.parse(address);
      if (seeds.contains(endpoint) || allowed.test(endpoint)) {
        return endpoint;
      }
      log.debug("{} is not used: it is not on this machine, and may not be connected to", endpoint);
    } catch (IllegalArgumentException e) {
      log.debug("an address that a server told is not used: {}", e.getMessage());
    }
    return null;
  }

  /** Waits a little for answers on their way. */
  @Override
  public void close() {
    List<Member> open;
    synchronized (this) {
      closed = true;
      open = members;
    }
    for (Member member : open) {
      member.bulk().shutdown();
      member.demand().shutdown();
    }
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SHUTDOWN_SECONDS_MAX);
    boolean interrupted = false;
    for (Member member : open) {
      try {
        if (!interrupted) {
          member.bulk().awaitTermination(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
      member.bulk().shutdownNow();
      member.demand().shutdownNow();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
