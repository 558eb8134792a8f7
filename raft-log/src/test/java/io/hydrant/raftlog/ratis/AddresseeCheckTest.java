package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.Peer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.Descriptors.FieldDescriptor;
import org.apache.ratis.thirdparty.com.google.protobuf.Message;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the Raft port of a member answers to whom. */
@Timeout(60)
final class AddresseeCheckTest {
  private static final String SELF = "n0";
  private static final String OTHER = "n1";

  @TempDir private Path parent;

  private Replicas replicas;
  private final List<ManagedChannel> channels = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    replicas = new Replicas(parent, Logs.SMALL, 1).start(1);
    replicas.awaitLeader();
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    replicas.close();
  }

  /** A connection of its own. */
  private ManagedChannel connect() {
    Peer self = replicas.peer(SELF);
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(self.raftAddress()).usePlaintext().build();
    channels.add(channel);
    return channel;
  }

  /** Of every method that members call each other by, so that one of a newer Ratis shows here. */
  private static List<MethodDescriptor<Message, Message>> methods() {
    List<MethodDescriptor<Message, Message>> methods = new ArrayList<>();
    for (MethodDescriptor<?, ?> method :
        RaftServerProtocolServiceGrpc.getServiceDescriptor().getMethods()) {
      @SuppressWarnings("unchecked")
      MethodDescriptor<Message, Message> known = (MethodDescriptor<Message, Message>) method;
      methods.add(known);
    }
    return methods;
  }

  static MethodDescriptor<Message, Message> method(String name) {
    return methods().stream()
        .filter(method -> name.equals(method.getBareMethodName()))
        .findFirst()
        .orElseThrow();
  }

  private static Message request(MethodDescriptor<Message, Message> method, String to) {
    return request(method, "n2", to);
  }

  static Message request(MethodDescriptor<Message, Message> method, String from, String to) {
    Message.Builder request = method.parseRequest(InputStream.nullInputStream()).toBuilder();
    FieldDescriptor header = request.getDescriptorForType().findFieldByName("serverRequest");
    return request
        .setField(
            header,
            RaftRpcRequestProto.newBuilder()
                .setRequestorId(RaftPeerId.valueOf(from).toByteString())
                .setReplyId(RaftPeerId.valueOf(to).toByteString())
                .setRaftGroupId(
                    RaftGroupIdProto.newBuilder()
                        .setId(RaftGroupId.valueOf(Logs.GROUP).toByteString()))
                .build())
        .build();
  }

  /** How the call ends, or OK with the first answer. */
  static final class Answer extends ClientCall.Listener<Message> {
    private final BlockingQueue<Status> statuses = new LinkedBlockingQueue<>();

    @Override
    public void onMessage(Message message) {
      statuses.add(Status.OK);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      statuses.add(status);
    }

    Status.Code code() throws InterruptedException {
      Status status = statuses.poll(20, TimeUnit.SECONDS);
      return status == null ? Status.Code.DEADLINE_EXCEEDED : status.getCode();
    }

    boolean isEmpty() {
      return statuses.isEmpty();
    }
  }

  record Call(ClientCall<Message, Message> call, Answer answer) {
    static Call open(ManagedChannel channel, MethodDescriptor<Message, Message> method) {
      Call call = new Call(channel.newCall(method, CallOptions.DEFAULT), new Answer());
      call.call().start(call.answer(), new Metadata());
      call.call().request(1);
      return call;
    }

    Status.Code send(Message message) throws InterruptedException {
      call.sendMessage(message);
      call.halfClose();
      return answer.code();
    }
  }

  @Test
  void everyMethodIsForItsAddresseeOnly() throws Exception {
    assertEquals(5, methods().size());
    for (MethodDescriptor<Message, Message> method : methods()) {
      String name = method.getFullMethodName();
      assertEquals(
          Status.Code.UNAVAILABLE,
          Call.open(connect(), method).send(request(method, OTHER)),
          name + " for another");
      assertEquals(
          RaftPeerId.valueOf(SELF).toByteString(),
          AddresseeCheck.header(request(method, SELF)).getReplyId(),
          name);
    }
    MethodDescriptor<Message, Message> vote = method("requestVote");
    Status.Code own = Call.open(connect(), vote).send(request(vote, SELF));
    assertNotEquals(Status.Code.UNAVAILABLE, own);
    assertNotEquals(Status.Code.DEADLINE_EXCEEDED, own);
  }

  /** Ratis forgets the second stream of a pair when the first one fails. */
  @Test
  void silentStreamsEndWithTheFirstRefusalOfTheirConnection() throws Exception {
    MethodDescriptor<Message, Message> append = method("appendEntries");
    ManagedChannel channel = connect();
    Call silent = Call.open(channel, append);
    Call good = Call.open(connect(), append);
    assertEquals(Status.Code.UNAVAILABLE, Call.open(channel, append).send(request(append, OTHER)));
    assertEquals(Status.Code.UNAVAILABLE, silent.answer().code());
    assertEquals(Status.Code.UNAVAILABLE, Call.open(channel, append).answer().code());
    assertTrue(good.answer().isEmpty(), "another connection's");
  }
}
