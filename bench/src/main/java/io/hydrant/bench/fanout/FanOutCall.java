package io.hydrant.bench.fanout;

import com.google.protobuf.ByteString;
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
  /**
   * How far a replica may be behind: as far as in the Ratis comparator. In bytes, so that a
   * checkpoint of many small messages is not held up by the slowest replica.
   */
  private static final long WINDOW_BYTES = 32L << 20;

  private final StreamObserver<UInt64Value> answers;
  private final MajorityCount counts;
  private final GroupAppender appender;
  private final List<StreamObserver<WriteCheckpointRequest>> peers = new ArrayList<>();
  private long sentBytes;
  private int open;

  FanOutCall(
      RecycledFile file, List<ManagedChannel> channels, StreamObserver<UInt64Value> answers) {
    this.answers = answers;
    this.open = channels.size() + 1;
    this.counts =
        new MajorityCount(channels.size() + 1, bytes -> answers.onNext(UInt64Value.of(bytes)));
    this.appender = new GroupAppender(file, bytes -> counts.durable(0, bytes), this::ended);
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
    ByteString kept = FanOutMethods.kept(message);
    appender.append(kept);
    sentBytes += kept.size();
    try {
      counts.awaitBehindAtMost(WINDOW_BYTES, sentBytes);
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
