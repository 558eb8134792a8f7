package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server stream that is read by one thread, which also runs the call's callbacks: messages are
 * parsed where they are used, and the network thread only reads its socket.
 *
 * <p>At most {@link #WINDOW} messages are asked for and not yet taken.
 */
final class ServerStream<Q, A> implements AutoCloseable {
  /** Enough to keep the connection busy while one message is worked on. */
  private static final int WINDOW = 4;

  private final CallerRuns executor = new CallerRuns();
  private final ArrayDeque<A> messages = new ArrayDeque<>();
  private final ClientCall<Q, A> call;
  private @Nullable Status closed;
  private @Nullable Metadata trailers;

  ServerStream(Channel channel, MethodDescriptor<Q, A> method, Q request) {
    call = channel.newCall(method, CallOptions.DEFAULT.withExecutor(executor));
    call.start(new Listener(), new Metadata());
    call.request(WINDOW);
    call.sendMessage(request);
    call.halfClose();
  }

  /**
   * The next message; null at the end.
   *
   * @throws StatusRuntimeException if the server ended the stream with an error, or nothing came in
   *     time
   */
  @Nullable A next(long nanos) throws InterruptedException {
    if (!ready(nanos)) {
      throw Status.UNAVAILABLE
          .withDescription("no message came for %d ms".formatted(nanos / 1_000_000))
          .asRuntimeException();
    }
    A message = messages.poll();
    if (message == null) {
      Status status = closed;
      if (status == null || status.isOk()) {
        return null;
      }
      throw new StatusRuntimeException(status, trailers);
    }
    call.request(1);
    return message;
  }

  /** Waits until {@link #next} will not wait; false if that did not happen in time. */
  boolean ready(long nanos) throws InterruptedException {
    long start = System.nanoTime();
    while (messages.isEmpty() && closed == null) {
      Runnable task = executor.poll(nanos - (System.nanoTime() - start));
      if (task == null) {
        return false;
      }
      task.run();
    }
    return true;
  }

  @Override
  public void close() {
    call.cancel("not needed any more", null);
    executor.detach();
  }

  private final class Listener extends ClientCall.Listener<A> {
    @Override
    public void onMessage(A message) {
      messages.add(message);
    }

    @Override
    public void onClose(Status status, Metadata metadata) {
      trailers = metadata;
      closed = status;
    }
  }

  /**
   * Keeps tasks for the reading thread; once detached, runs them at once so that gRPC can clean up.
   */
  private static final class CallerRuns implements Executor {
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private volatile boolean detached;

    @Override
    public void execute(Runnable task) {
      if (!detached) {
        tasks.add(task);
        if (!detached || !tasks.remove(task)) {
          return;
        }
      }
      task.run();
    }

    @Nullable Runnable poll(long nanos) throws InterruptedException {
      return tasks.poll(nanos, TimeUnit.NANOSECONDS);
    }

    void detach() {
      detached = true;
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    }
  }
}
