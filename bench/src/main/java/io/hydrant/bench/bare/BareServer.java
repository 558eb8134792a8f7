package io.hydrant.bench.bare;

import static io.grpc.stub.ServerCalls.asyncBidiStreamingCall;
import static io.grpc.stub.ServerCalls.asyncClientStreamingCall;
import static io.grpc.stub.ServerCalls.asyncServerStreamingCall;
import static io.grpc.stub.ServerCalls.asyncUnaryCall;

import com.google.protobuf.BytesValue;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.v1.Committed;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The comparator: a gRPC server that speaks the messages of the store, but keeps nothing except,
 * for the two writing methods, the bytes in a recycled file. Runs as a process of its own, like the
 * store.
 */
public final class BareServer implements AutoCloseable {
  private static final int MESSAGE_PAGES = 256;
  private static final int INBOUND_BYTES_MAX = 4 << 20;
  private static final long SEED = 1;

  private static final WriteCheckpointResponse COMMITTED =
      WriteCheckpointResponse.newBuilder().setCommitted(Committed.getDefaultInstance()).build();

  private final RecycledFile file;
  private final Server server;
  private final Pages message;
  private final ConcurrentHashMap<Integer, Pages> answers = new ConcurrentHashMap<>();
  private final PagePool pool = new PagePool(SEED, MESSAGE_PAGES);

  public BareServer(BareSettings settings) throws IOException {
    file = RecycledFile.open(settings.file(), settings.fileBytes());
    message = PageMessages.pages(PageSet.run(pool, 0, MESSAGE_PAGES));
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port()))
            .flowControlWindow(BareSettings.FLOW_WINDOW_BYTES)
            .maxInboundMessageSize(INBOUND_BYTES_MAX)
            .addService(service());
    switch (settings.executor()) {
      case POOL -> {}
      case DIRECT -> builder.directExecutor();
    }
    server = builder.build().start();
  }

  public int port() {
    return server.getPort();
  }

  @Override
  public void close() throws IOException {
    server.shutdownNow();
    file.close();
  }

  /** Serves until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    BareServer bare = new BareServer(BareSettings.parse(arguments));
    System.out.println("bare server on port " + bare.port());
    bare.server.awaitTermination();
  }

  private ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(BareMethods.SERVICE)
        .addMethod(BareMethods.UNARY_ECHO, asyncUnaryCall(BareServer::echoOnce))
        .addMethod(BareMethods.ECHO, asyncBidiStreamingCall(BareServer::echo))
        .addMethod(BareMethods.DISCARD, asyncClientStreamingCall(BareServer::discard))
        .addMethod(BareMethods.SINK, asyncClientStreamingCall(answers -> new Sink(file, answers)))
        .addMethod(BareMethods.CHECKPOINT, asyncBidiStreamingCall(this::checkpoint))
        .addMethod(BareMethods.STREAM, asyncServerStreamingCall(this::stream))
        .addMethod(BareMethods.FETCH, asyncBidiStreamingCall(this::fetch))
        .build();
  }

  private static void echoOnce(BytesValue request, StreamObserver<BytesValue> answers) {
    answers.onNext(request);
    answers.onCompleted();
  }

  private static StreamObserver<BytesValue> echo(StreamObserver<BytesValue> answers) {
    return new Answering<>(answers) {
      @Override
      public void onNext(BytesValue request) {
        answers.onNext(request);
      }
    };
  }

  private static StreamObserver<WriteCheckpointRequest> discard(
      StreamObserver<WriteCheckpointResponse> answers) {
    return new Answering<>(answers) {
      @Override
      public void onNext(WriteCheckpointRequest request) {}

      @Override
      public void onCompleted() {
        answers.onNext(COMMITTED);
        answers.onCompleted();
      }
    };
  }

  private StreamObserver<WriteCheckpointRequest> checkpoint(
      StreamObserver<WriteCheckpointResponse> answers) {
    return new Answering<>(answers) {
      @Override
      public void onNext(WriteCheckpointRequest request) {
        try {
          if (request.hasCommit()) {
            file.sync();
            answers.onNext(COMMITTED);
          } else {
            file.write(request.getBatch().getData().asReadOnlyByteBuffer());
          }
        } catch (IOException e) {
          answers.onError(e);
        }
      }
    };
  }

  private void stream(PrefetchRequest request, StreamObserver<Pages> answers) {
    long pages = request.getRangeList().stream().mapToLong(PageRange::getPageCount).sum();
    long messages = pages / MESSAGE_PAGES;
    ServerCallStreamObserver<Pages> call = (ServerCallStreamObserver<Pages>) answers;
    call.setOnReadyThreshold(BareSettings.SEND_QUEUE_BYTES);
    call.setOnReadyHandler(
        new Runnable() {
          private long sent;

          @Override
          public void run() {
            while (sent < messages && call.isReady()) {
              call.onNext(message);
              if (++sent == messages) {
                call.onCompleted();
              }
            }
          }
        });
  }

  private StreamObserver<FetchRequest> fetch(StreamObserver<FetchResponse> answers) {
    return new Answering<>(answers) {
      @Override
      public void onNext(FetchRequest request) {
        answers.onNext(
            FetchResponse.newBuilder()
                .setId(request.getId())
                .setPages(answer(request.getPageCount()))
                .build());
      }
    };
  }

  /** The same pages for every request of a size: made once. */
  private Pages answer(int pages) {
    return answers.computeIfAbsent(pages, count -> PageMessages.pages(PageSet.run(pool, 0, count)));
  }

  /** Ends the answers when the requests end. */
  private abstract static class Answering<Q, A> implements StreamObserver<Q> {
    private final StreamObserver<A> answers;

    Answering(StreamObserver<A> answers) {
      this.answers = answers;
    }

    @Override
    public void onError(Throwable cause) {
      // The client went away: there is nobody to answer.
    }

    @Override
    public void onCompleted() {
      answers.onCompleted();
    }
  }
}
