package io.hydrant.client;

import io.grpc.ClientCall;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hands the messages of one write call to gRPC, one at a time. Control messages are queued, under
 * whatever lock their order was decided, and sent by whoever drains next: so that lock is never
 * held while this one is taken (gRPC may call back from within a send).
 *
 * <p>What is queued is small and bounded: a few messages for each of two attempts.
 */
final class WriteSender {
  private final ClientCall<WriteCheckpointRequest, ?> call;
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<WriteCheckpointRequest> outbox = new ConcurrentLinkedQueue<>();
  private volatile boolean endWanted;
  private boolean ended;

  WriteSender(ClientCall<WriteCheckpointRequest, ?> call) {
    this.call = call;
  }

  /** Sends nothing yet. */
  void queue(WriteCheckpointRequest request) {
    outbox.add(request);
  }

  /** Ends the request stream behind what is queued; sends nothing yet. */
  void endAfterThis() {
    endWanted = true;
  }

  /** Sends bytes, behind what was queued before. */
  void send(WriteCheckpointRequest request) {
    lock.lock();
    try {
      drainLocked();
      hand(() -> call.sendMessage(request));
    } finally {
      lock.unlock();
    }
    drain();
  }

  /** Sends what is queued. */
  void drain() {
    if (lock.isHeldByCurrentThread()) {
      return; // called back from within a send; the sender drains when it is done
    }
    lock.lock();
    try {
      drainLocked();
    } finally {
      lock.unlock();
    }
  }

  private void drainLocked() {
    for (WriteCheckpointRequest next = outbox.poll(); next != null; next = outbox.poll()) {
      WriteCheckpointRequest request = next;
      hand(() -> call.sendMessage(request));
    }
    if (endWanted && !ended) {
      ended = true;
      hand(call::halfClose);
    }
  }

  private void hand(Runnable step) {
    try {
      step.run();
    } catch (IllegalStateException e) {
      // The call was cancelled meanwhile; its end reaches every attempt through the listener.
      call.cancel("send after the end", e);
    }
  }
}
