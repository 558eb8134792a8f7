package io.hydrant.raftlog;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A replicated log of small opaque commands; one replica of one group. */
public interface RaftLog extends AutoCloseable {
  /** Commands are small: page bytes never enter the log. */
  int COMMAND_BYTES_MAX = 1 << 20;

  /**
   * Replicates a command and completes with what {@link ReplicatedStateMachine#apply} answered
   * here. Commands submitted by one thread are ordered as submitted.
   *
   * <p>Fails with {@link NotLeaderException} (nothing was appended: ask another), {@link
   * LogBusyException} (too much is outstanding, nothing was appended: try later), or {@link
   * UnknownOutcomeException} (it may or may not be applied later; also when the log is closed or
   * has stopped).
   *
   * <p>What depends on the answer may run on the thread that applies, and must not block it.
   *
   * @param command copied; 1 to {@link #COMMAND_BYTES_MAX} bytes
   * @throws IllegalArgumentException if it is empty or larger
   */
  CompletableFuture<byte[]> submit(byte[] command);

  /**
   * Completes with an index at which everything acknowledged before the call is applied here (read
   * index); on the leader only. Costs an entry that changes nothing, one for all who wait for it.
   * Fails as {@link #submit} does.
   */
  CompletableFuture<Long> readIndex();

  Status status();

  /**
   * The members as this replica's log has them, committed or not: what elects and commits from now
   * on, as far as it knows.
   */
  Membership membership();

  /**
   * Hands leadership to another voter; completes when it leads. Submissions are refused meanwhile.
   * Fails with {@link NotLeaderException}, or with {@link RefusedException} if that one does not
   * lead within the timeout: then this replica goes on, unless a third one has taken over.
   *
   * @param peerId empty: to whichever other voter has most of the log
   */
  CompletableFuture<Void> transferLeadership(String peerId, Duration timeout);

  /**
   * Replaces the members, unless others than the expected ones are found; completes when the change
   * is committed. A member that is new is first brought up to date, which may include a {@link
   * ReplicatedStateMachine#install} there.
   *
   * <p>Fails with {@link NotLeaderException} or {@link MembershipConflictException} (nothing was
   * changed), {@link RefusedException} (nothing was changed: a new member was not heard of for some
   * seconds, or too many are new at once), or {@link UnknownOutcomeException}: look at {@link
   * #membership} of the next leader.
   *
   * @param expected compared by index, voters and listeners; must be stable
   */
  CompletableFuture<Void> changeMembers(
      Membership expected, List<Peer> voters, List<Peer> listeners);

  /**
   * Last index that each member, this one included, is known to have durably in its log. Empty on
   * followers. It says nothing of what a member has applied or holds beside the log.
   */
  Map<String, Long> matchIndices();

  /**
   * Ends taking part; returns when nothing is applied any more. Unanswered submissions end as
   * unknown. Called again, it does nothing.
   */
  @Override
  void close() throws Exception;

  /**
   * @param leader whether this replica leads and has applied everything of earlier terms
   * @param leaderId id of the leader as far as known, or empty
   * @param snapshotIndex up to where the state is durable, as far as it has told; -1 if it never
   *     has
   * @param firstIndex first entry that the log still holds
   */
  record Status(
      String selfId,
      boolean leader,
      String leaderId,
      long term,
      long lastAppliedIndex,
      long lastCommittedIndex,
      long snapshotIndex,
      long firstIndex) {}
}
