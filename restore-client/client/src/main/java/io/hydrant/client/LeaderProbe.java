package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.stub.ClientCalls;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

  private record Answer(Member from, @Nullable ServerInfo info) {}

  /** Waits until a leader was heard of, or all have answered. It is in {@link Members} then. */
  void findLeader() throws InterruptedException {
    ask(true);
  }

  /** Returns the members that answer. */
  Set<Member> whoAnswers() throws InterruptedException {
    return ask(false);
  }

  private Set<Member> ask(boolean leaderIsEnough) throws InterruptedException {
    LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    List<Member> asked = members.all();
    for (Member member : asked) {
      member.connectSoon();
      start(member).whenComplete((info, _) -> answers.add(new Answer(member, info)));
    }
    long endNanos = System.nanoTime() + ANSWER_NANOS;
    Set<Member> heard = new HashSet<>();
    for (int left = asked.size(); left > 0; left--) {
      Answer answer = answers.poll(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (answer == null) {
        break;
      }
      ServerInfo info = answer.info();
      if (info != null) {
        heard.add(answer.from());
        members.learn(answer.from(), info);
        if (leaderIsEnough && info.getLeader() && members.leader().equals(answer.from())) {
          break;
        }
      }
    }
    return heard;
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
