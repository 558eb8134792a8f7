package io.hydrant.node.peer;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Statement;
import io.hydrant.node.cluster.MemberNews;
import io.hydrant.node.ingest.Mailbox;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.Inventory;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.peer.v1.StageRequest;
import io.hydrant.peer.v1.Stated;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's connection to one other member: greets it, exchanges inventories, and while this
 * replica leads sends it frames. Everything happens in its mailbox.
 *
 * <pre>
 * state      event                                  next
 * DOWN       time to try again                      GREETING
 * GREETING   greeted back, and accepted here        UP (feeding, while this replica leads)
 * GREETING   refused, by either                     ISOLATED
 * GREETING   no answer, or none that makes sense    DOWN, over a new connection
 * UP         a stream broke, another address        DOWN
 * ISOLATED   time to try again                      GREETING
 * </pre>
 */
final class PeerLink implements ReplicaSender.Source {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

  private static final long RETRY_NANOS_MIN = 50_000_000L;
  private static final long RETRY_NANOS_MAX = 1_000_000_000L;

  /** A refusal is cured by people, or soon: the other one may be about to join. */
  private static final long ISOLATED_NANOS = 1_000_000_000L;

  private static final long HELLO_MILLIS_MAX = 1_000;

  /** Beyond the call's own deadline: its answer came, and was not understood. */
  private static final long GREETING_NANOS_MAX =
      2 * TimeUnit.MILLISECONDS.toNanos(HELLO_MILLIS_MAX);

  private static final int KEEP_ALIVE_SECONDS = 10;

  /** Of frames that wait in the transport: more would only hide that the peer is slow. */
  private static final int READY_BYTES = 2 << 20;

  private enum State {
    DOWN,
    GREETING,
    UP,
    ISOLATED
  }

  private final PeerAddress address;
  private final Shared shared;
  private final Mailbox mailbox;
  private final ManagedChannel channel;
  private final PeerServiceGrpc.PeerServiceStub stub;
  private final ReplicaSender sender = new ReplicaSender(this);
  private final StatedQuestions questions;

  /** Changed in the mailbox, read by any thread. */
  private volatile State state = State.DOWN;

  private boolean leading;
  private boolean closed;
  private long retryNanos = RETRY_NANOS_MIN;
  private long dueNanos;
  private long greetedNanos;

  /** Of greetings, so that the answer to one that was given up is known as such. */
  private long greeting;

  private volatile @Nullable PeerLife peer;

  /** The last one, so that it is logged once. */
  private @Nullable Refusal refusal;

  private @Nullable ClientCallStreamObserver<Inventory> exchange;
  private DigestMessages digestsTold = new DigestMessages();
  private @Nullable ClientCallStreamObserver<StageRequest> stage;

  /** When it was last told what this node has, which it answers. Any thread. */
  private volatile long toldNanos;

  /** What all links of a node have in common. */
  record Shared(
      PeerLife self,
      Handshake handshake,
      PeerStore store,
      LeaderStreams leader,
      MemberNews news,
      DriftWatch drift,
      CommitWaits waits,
      LongSupplier nanoTime,
      Consumer<Throwable> fault) {}

  /**
   * @param pool the forward pool
   * @param nowNanos when to try first
   */
  PeerLink(PeerAddress address, Shared shared, Executor pool, long nowNanos) {
    this.address = address;
    this.shared = shared;
    this.mailbox = new Mailbox(pool);
    this.dueNanos = nowNanos;
    this.channel =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .usePlaintext()
            .executor(pool)
            .intercept(CallIdentity.naming(shared.self()))
            .maxInboundMessageSize(PeerMethods.MESSAGE_BYTES_MAX)
            .flowControlWindow(PeerPlane.FLOW_WINDOW_BYTES)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .build();
    this.stub = PeerServiceGrpc.newStub(channel);
    this.questions = new StatedQuestions(stub, mailbox);
  }

  PeerAddress address() {
    return address;
  }

  /** From time to time. */
  void tick(long nowNanos) {
    mailbox.post(() -> {
      if (closed) {
        return;
      }
      switch (state) {
        case DOWN, ISOLATED -> {
          if (nowNanos - dueNanos >= 0) {
            greet(nowNanos);
          }
        }
        case UP -> sender.pump();
        case GREETING -> {
          if (nowNanos - greetedNanos >= GREETING_NANOS_MAX) {
            unanswered(greeting, nowNanos);
          }
        }
      }
    });
  }

  /** From time to time, less often: tells what this node has and lacks. */
  void tellInventory() {
    mailbox.post(this::sendInventory);
  }

  void lead(boolean leads) {
    mailbox.post(() -> {
      leading = leads;
      if (leads && state == State.UP) {
        openStage();
      } else if (!leads) {
        closeStage();
      }
    });
  }

  /** Sends what is in memory on this thread: a hop to another one costs more than that. */
  void available(Forwarding forwarding) {
    mailbox.runHereOnly(() -> {
      if (!sender.available(forwarding)) {
        mailbox.post(sender::pump);
      }
    });
  }

  void forget(CheckpointKey key) {
    mailbox.post(() -> sender.forget(key));
  }

  /** Any thread. */
  boolean isFeeding(CheckpointKey key) {
    return sender.isFeeding(key);
  }

  /** Any thread. */
  boolean isUp() {
    return state == State.UP;
  }

  private void greet(long nowNanos) {
    state = State.GREETING;
    greetedNanos = nowNanos;
    long number = ++greeting;
    HelloRequest self = shared.handshake().self();
    stub.withDeadlineAfter(HELLO_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .hello(
            self,
            new PeerAnswer<>() {
              @Override
              public void onNext(HelloResponse response) {
                mailbox.post(() -> greeted(number, response, nowNanos));
              }

              @Override
              public void onError(Throwable failure) {
                mailbox.post(() -> unanswered(number, nowNanos));
              }
            });
  }

  /**
   * Nobody may ever speak on a connection that somebody took: a frozen process, a host that lost
   * its power. gRPC would wait for it as long as TCP does, so the next attempt makes a new one.
   */
  private void unanswered(long number, long nowNanos) {
    if (state == State.GREETING && number == greeting) {
      channel.enterIdle();
      down(nowNanos);
    }
  }

  private void greeted(long number, HelloResponse response, long nowNanos) {
    if (state != State.GREETING || number != greeting) {
      return;
    }
    if (response.hasRefusal()) {
      shared.handshake().refusedBy(address.node(), response.getRefusal());
      isolated(true, response.getRefusal(), nowNanos);
      return;
    }
    HelloRequest other = response.getSelf();
    Optional<Refusal> refused = shared.handshake().refusal(address, other);
    if (refused.isPresent()) {
      isolated(false, refused.get(), nowNanos);
      return;
    }
    PeerLife greeted = new PeerLife(other.getNode(), other.getLife());
    state = State.UP;
    refusal = null;
    retryNanos = RETRY_NANOS_MIN;
    peer = greeted;
    shared.news().greeted(other);
    shared.leader().greeted(greeted);
    openExchange(greeted);
    sendInventory();
    if (leading) {
      openStage();
    }
  }

  private void isolated(boolean byIt, Refusal why, long nowNanos) {
    shared.news().refused(address.node(), why.getMessage(), byIt);
    if (!why.equals(refusal)) {
      LOG.warn(
          "{} {}: {}",
          address,
          byIt ? "refuses this node" : "is not listened to",
          why.getMessage());
      refusal = why;
    }
    state = State.ISOLATED;
    dueNanos = nowNanos + ISOLATED_NANOS;
  }

  private void openExchange(PeerLife greeted) {
    stub.exchange(
        new Stream<Inventory, Inventory>() {
          private @Nullable ClientCallStreamObserver<Inventory> mine;

          @Override
          public void beforeStart(ClientCallStreamObserver<Inventory> requests) {
            mine = requests;
            exchange = requests;
            digestsTold = new DigestMessages();
          }

          @Override
          public void onNext(Inventory inventory) {
            shared.news().answered(InventoryMessages.view(greeted, inventory), toldNanos);
            shared.waits().heard(inventory);
            DigestMessages.report(inventory)
                .ifPresent(report -> shared.drift().heard(greeted.node(), report));
          }

          @Override
          public void ended() {
            mailbox.post(() -> broke(exchange, mine));
          }
        });
  }

  private void broke(@Nullable Object current, @Nullable Object broken) {
    if (state == State.UP && current == broken) {
      down(shared.nanoTime().getAsLong());
    }
  }

  private void sendInventory() {
    ClientCallStreamObserver<Inventory> stream = exchange;
    if (stream != null && stream.isReady()) {
      toldNanos = shared.nanoTime().getAsLong();
      stream.onNext(
          digestsTold.with(
              shared
                  .waits()
                  .with(InventoryMessages.message(shared.store().inventory(shared.self()))),
              shared.store().digests()));
    }
  }

  private void openStage() {
    PeerLife to = peer;
    if (stage != null || to == null) {
      return;
    }
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(PeerMethods.STAGE, CallOptions.DEFAULT.withOnReadyThreshold(READY_BYTES)),
        new Stream<StageRequest, Stated>() {
          private @Nullable ClientCallStreamObserver<StageRequest> mine;

          @Override
          public void beforeStart(ClientCallStreamObserver<StageRequest> requests) {
            mine = requests;
            stage = requests;
            requests.setOnReadyHandler(() -> mailbox.post(sender::pump));
          }

          @Override
          public void onNext(Stated stated) {
            mailbox.post(() -> heard(StageMessages.statement(to.node(), stated)));
          }

          @Override
          public void ended() {
            mailbox.post(() -> broke(stage, mine));
          }
        });
    ClientCallStreamObserver<StageRequest> opened = stage;
    if (opened != null) {
      sender.connected(to.life(), opened);
    }
  }

  private void heard(Statement statement) {
    sender.stated(statement);
    shared.leader().stated(statement);
  }

  private void closeStage() {
    ClientCallStreamObserver<StageRequest> stream = stage;
    stage = null;
    sender.disconnected();
    if (stream != null) {
      stream.cancel("this node does not lead any more", null);
    }
  }

  private void down(long nowNanos) {
    state = State.DOWN;
    dueNanos = nowNanos + retryNanos;
    retryNanos = Math.min(2 * retryNanos, RETRY_NANOS_MAX);
    closeStage();
    ClientCallStreamObserver<Inventory> stream = exchange;
    exchange = null;
    if (stream != null) {
      stream.cancel("the connection is made anew", null);
    }
    // Else gRPC's own patience, which doubles, decides when a peer that returns is found.
    channel.resetConnectBackoff();
  }

  /** Asks what the peer holds, unless it is not there; any thread. */
  void askStated(Forwarding forwarding) {
    mailbox.post(() -> ask(forwarding));
  }

  @Override
  public void ask(Forwarding forwarding) {
    PeerLife to = peer;
    if (!closed && state == State.UP && to != null) {
      questions.ask(forwarding, stated -> heard(StageMessages.statement(to.node(), stated)));
    }
  }

  @Override
  public Optional<Frame> frame(CheckpointKey key, long sequence) throws IOException {
    return shared.leader().frame(key, sequence);
  }

  @Override
  public Optional<Frame> frameInMemory(CheckpointKey key, long sequence) {
    return shared.leader().frameInMemory(key, sequence);
  }

  @Override
  public boolean isFinal(CheckpointKey key) {
    return shared.leader().isFinal(key);
  }

  @Override
  public void fault(CheckpointKey key, IOException cause) {
    shared.fault().accept(cause);
  }

  void close() {
    mailbox.post(() -> {
      closed = true;
      closeStage();
      channel.shutdownNow();
    });
  }

  /** A long-lived stream: whichever way it ends, it has ended. */
  private abstract static class Stream<Q, A> implements ClientResponseObserver<Q, A> {
    abstract void ended();

    @Override
    public void onError(Throwable failure) {
      ended();
    }

    @Override
    public void onCompleted() {
      ended();
    }
  }
}
