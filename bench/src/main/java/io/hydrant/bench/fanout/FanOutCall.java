package io.hydrant.bench.fanout;

import com.google.protobuf.UInt64Value;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.RecycledFile;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The leading end: sends every message to the peers as it came, appends it here, and answers with
 * what a majority has. No replica gets further behind than a window, so that memory stays bounded.
 */
final class FanOutCall implements StreamObserver<WriteCheckpointRequest> {
  /** Messages that a replica may be behind: of 1 MiB as many as the Ratis comparator has. */
  private static final int WINDOW_MESSAGES = 32;

  private final StreamObserver<UInt64Value> answers;
  private final MajorityCount counts;
  private final GroupAppender appender;
  private final List<StreamObserver<WriteCheckpointRequest>> peers = new ArrayList<>();
  private long sent;
  private int open;

  FanOutCall(
      RecycledFile file, List<ManagedChannel> channels, StreamObserver<UInt64Value> answers) {
    this.answers = answers;
    this.open = channels.size() + 1;
    this.counts =
        new MajorityCount(channels.size() + 1, count -> answers.onNext(UInt64Value.of(count)));
    this.appender = new GroupAppender(file, count -> counts.durable(0, count), this::ended);
    for (int peer = 0; peer < channels.size(); peer++) {
      int replica = peer + 1;
      peers.add(
          ClientCalls.asyncBidiStreamingCall(
              channels
                  .get(peer)
                  .newCall(
                      FanOutMethods.APPEND,
                      CallOptions.DEFAULT.withOnReadyThreshold(BareSettings.SEND_QUEUE_BYTES)),
              new Answers(replica)));
    }
  }

  @Override
  public void onNext(WriteCheckpointRequest message) {
    peers.forEach(peer -> peer.onNext(message));
    appender.append(message.getBatch().getData());
    sent++;
    try {
      counts.awaitBehindAtMost(WINDOW_MESSAGES, sent);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void onError(Throwable cause) {
    onCompleted();
  }

  @Override
  public void onCompleted() {
    peers.forEach(StreamObserver::onCompleted);
    appender.end();
  }

  /** The call ends when every replica has everything: the next one finds them idle. */
  private synchronized void ended() {
    if (--open == 0) {
      answers.onCompleted();
    }
  }

  private final class Answers implements StreamObserver<UInt64Value> {
    private final int replica;

    Answers(int replica) {
      this.replica = replica;
    }

    @Override
    public void onNext(UInt64Value durable) {
      counts.durable(replica, durable.getValue());
    }

    @Override
    public void onError(Throwable cause) {
      answers.onError(cause);
    }

    @Override
    public void onCompleted() {
      ended();
    }
  }
}
