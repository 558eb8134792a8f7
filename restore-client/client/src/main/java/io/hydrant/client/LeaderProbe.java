package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.stub.ClientCalls;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Asks all members at once who leads, because the one that is taken for the leader refuses, is gone
 * or is silent (stopped, cut off): a keep-alive would find that only seconds later.
 */
final class LeaderProbe {
  /** A call without an answer for so long makes us ask around. */
  static final long SILENCE_NANOS = 400_000_000;

  /** For all answers: who has none by then counts as silent. */
  private static final long ANSWER_NANOS = 300_000_000;

  private final Members members;

  LeaderProbe(Members members) {
    this.members = members;
  }

  private record Heard(Member from, ServerInfo info) {}

  /**
   * Waits until a member says that it leads, or all have answered. {@link Members} knows it then.
   *
   * @return null: none says so
   */
  @Nullable Member findLeader() throws InterruptedException {
    Set<Member> leading = new HashSet<>();
    ask(answer -> {
      // One that says so for an earlier term than we know of has only not noticed.
      boolean leads = answer.info().getLeader() && members.leader().equals(answer.from());
      return leads && leading.add(answer.from());
    });
    return leading.isEmpty() ? null : leading.iterator().next();
  }

  /** Returns the members that answer. */
  Set<Member> whoAnswers() throws InterruptedException {
    Set<Member> heard = new HashSet<>();
    ask(answer -> !heard.add(answer.from()));
    return heard;
  }

  private void ask(Predicate<Heard> isEnough) throws InterruptedException {
    LinkedBlockingQueue<Optional<Heard>> answers = new LinkedBlockingQueue<>();
    List<Member> asked = members.all();
    for (Member member : asked) {
      member.connectSoon();
      start(member)
          .whenComplete((info, _) ->
              answers.add(Optional.ofNullable(info).map(known -> new Heard(member, known))));
    }
    long endNanos = System.nanoTime() + ANSWER_NANOS;
    for (int left = asked.size(); left > 0; left--) {
      Optional<Heard> answer = answers.poll(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (answer == null) {
        return;
      }
      if (answer.isPresent()) {
        members.learn(answer.get().from(), answer.get().info());
        if (isEnough.test(answer.get())) {
          return;
        }
      }
    }
  }

  private static CompletableFuture<ServerInfo> start(Member member) {
    CompletableFuture<ServerInfo> answer = new CompletableFuture<>();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(ANSWER_NANOS, TimeUnit.NANOSECONDS);
    ClientCalls.asyncUnaryCall(
        member.bulk().newCall(ServerServiceGrpc.getGetServerInfoMethod(), options),
        GetServerInfoRequest.getDefaultInstance(),
        new FutureObserver<>(answer));
    return answer;
  }
}
