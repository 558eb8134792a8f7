package io.hydrant.raftlog.ratis;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Attributes;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.ServerTransportFilter;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses what other members send to somebody else at this address. Ratis 3.3.0 looks at the group
 * of a request and not at whom it is meant for, and a joiner may listen where the dead member did,
 * which is a voter until the promotion: without this, both of the leader's appenders feed the
 * joiner's log, and the joiner's answers count as the dead voter's.
 *
 * <p>To who asks, the dead member stays dead: the refusal has the status of a port that nobody
 * listens at, so Ratis goes on trying, with the same pauses and the same few log lines.
 *
 * <p>Whom a stream is meant for is only known by its first message. Ratis opens two for each
 * follower, for entries and for heartbeats, on a connection of its own each, and forgets the other
 * one when one fails. So that the forgotten ones do not pile up at five a second, silent streams
 * end with the first refusal on their connection, and later ones are refused when they are opened:
 * a connection is one channel's, and Ratis has a channel for each member.
 */
final class AddresseeCheck implements ServerInterceptor, GrpcServices.Customizer {
  private static final Logger LOG = LoggerFactory.getLogger(AddresseeCheck.class);

  private static final Attributes.Key<Connection> CONNECTION =
      Attributes.Key.create("hydrant-connection");

  /** A replacement may take hours, and a refusal comes several times a second. */
  private static final long BETWEEN_LINES_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final RaftPeerId self;
  private final ByteString selfBytes;
  private final FailureDetector detector;
  private final AtomicLong nextLineNanos = new AtomicLong(System.nanoTime());

  /**
   * @param detector hears of the connections over which entries come
   */
  AddresseeCheck(String selfId, FailureDetector detector) {
    this.detector = detector;
    this.self = RaftPeerId.valueOf(selfId);
    this.selfBytes = self.toByteString();
  }

  @Override
  public NettyServerBuilder customize(
      NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
    return builder
        .addTransportFilter(
            new ServerTransportFilter() {
              @Override
              public Attributes transportReady(Attributes attributes) {
                return attributes.toBuilder().set(CONNECTION, new Connection()).build();
              }

              @Override
              public void transportTerminated(Attributes attributes) {
                Connection connection = attributes == null ? null : attributes.get(CONNECTION);
                if (connection != null) {
                  endEntries(connection);
                }
              }
            })
        .intercept(this);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    boolean fromMember =
        RaftServerProtocolServiceGrpc.SERVICE_NAME.equals(
            call.getMethodDescriptor().getServiceName());
    Connection connection = call.getAttributes().get(CONNECTION);
    if (!fromMember || connection == null) {
      return next.startCall(call, headers);
    }
    if (connection.isMisdirected()) {
      refuse(call);
      return new ServerCall.Listener<>() {};
    }
    Checked<Q> checked = new Checked<>(call, connection, next.startCall(call, headers));
    if (!connection.opened(checked)) {
      refuse(call);
    }
    return checked;
  }

  /** Two calls of a connection may begin at once. */
  private void beginEntries(Connection connection, RaftPeerId sender) {
    synchronized (connection) {
      if (connection.entriesFrom == null && !connection.ended) {
        connection.entriesFrom = sender;
        detector.connectionBegan(sender);
      }
    }
  }

  private void endEntries(Connection connection) {
    synchronized (connection) {
      connection.ended = true;
      RaftPeerId sender = connection.entriesFrom;
      if (sender != null) {
        detector.connectionEnded(sender);
      }
    }
  }

  private void refuse(ServerCall<?, ?> call) {
    call.close(
        Status.UNAVAILABLE.withDescription("meant for another member; here is " + self),
        new Metadata());
  }

  private void tell(RaftRpcRequestProto request) {
    long due = nextLineNanos.get();
    long now = System.nanoTime();
    if (now - due >= 0 && nextLineNanos.compareAndSet(due, now + BETWEEN_LINES_NANOS)) {
      LOG.info(
          "{}: refuses what {} sends to {}, which was at this address before",
          self,
          request.getRequestorId().toStringUtf8(),
          request.getReplyId().toStringUtf8());
    }
  }

  /** What the message says of sender and addressee; nothing if it is of an unknown kind. */
  static RaftRpcRequestProto header(Object message) {
    return switch (message) {
      case AppendEntriesRequestProto append -> append.getServerRequest();
      case RequestVoteRequestProto vote -> vote.getServerRequest();
      case InstallSnapshotRequestProto install -> install.getServerRequest();
      case ReadIndexRequestProto read -> read.getServerRequest();
      case StartLeaderElectionRequestProto election -> election.getServerRequest();
      default -> RaftRpcRequestProto.getDefaultInstance();
    };
  }

  /**
   * Of one channel of one other process. A call is ended by who takes it out of the silent ones.
   */
  private static final class Connection {
    private final Set<Checked<?>> silent = new HashSet<>();
    private boolean misdirected;

    /** Who sends entries over it: always the same, since a channel is one member's. */
    private volatile @Nullable RaftPeerId entriesFrom;

    private boolean ended;

    synchronized boolean isMisdirected() {
      return misdirected;
    }

    /** False: it is to be ended, since another call has shown meanwhile whom all are meant for. */
    synchronized boolean opened(Checked<?> call) {
      return !misdirected && silent.add(call);
    }

    /** False: it has been ended, or never was silent. */
    synchronized boolean speaks(Checked<?> call) {
      return silent.remove(call);
    }

    /** The silent ones, to be ended by the caller. */
    synchronized List<Checked<?>> misdirect() {
      misdirected = true;
      List<Checked<?>> ended = new ArrayList<>(silent);
      silent.clear();
      return ended;
    }
  }

  /** Methods run one after the other, except that another call of the connection may end this. */
  private final class Checked<Q>
      extends ForwardingServerCallListener.SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    private final Connection connection;
    private boolean spoken;
    private boolean refused;

    Checked(ServerCall<Q, ?> call, Connection connection, ServerCall.Listener<Q> delegate) {
      super(delegate);
      this.call = call;
      this.connection = connection;
    }

    @Override
    public void onMessage(Q message) {
      if (!isOpen()) {
        return;
      }
      RaftRpcRequestProto header = header(message);
      if (selfBytes.equals(header.getReplyId())) {
        if (message instanceof AppendEntriesRequestProto && connection.entriesFrom == null) {
          beginEntries(connection, RaftPeerId.valueOf(header.getRequestorId()));
        }
        super.onMessage(message);
        return;
      }
      refused = true;
      refuse(call);
      connection.misdirect().forEach(silent -> refuse(silent.call));
      tell(header);
    }

    @Override
    public void onHalfClose() {
      if (isOpen()) {
        super.onHalfClose();
      }
    }

    @Override
    public void onCancel() {
      connection.speaks(this);
      super.onCancel();
    }

    @Override
    public void onComplete() {
      connection.speaks(this);
      super.onComplete();
    }

    private boolean isOpen() {
      spoken = spoken || connection.speaks(this);
      return spoken && !refused;
    }
  }
}
