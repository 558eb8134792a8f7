package io.hydrant.bench.fanout;

import com.google.protobuf.ByteString;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.RecycledFile;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;

/**
 * Appends the messages of one call on a thread of its own: writes what is there, then one fdatasync
 * for all of it, so that a small message waits for at most one other sync and large ones are synced
 * every few MiB while receiving goes on.
 */
final class GroupAppender {
  /**
   * What may wait for the thread: two syncs' worth. In bytes, so that receiving and sending on go
   * on during a sync however small the messages are.
   */
  private static final int QUEUE_BYTES = Math.toIntExact(2 * BareSettings.SYNC_BYTES);

  private static final ByteString END = ByteString.copyFromUtf8("end");

  private final RecycledFile file;
  private final LongConsumer durable;
  private final Runnable ended;
  private final Semaphore room = new Semaphore(QUEUE_BYTES);
  private final BlockingQueue<ByteString> queue = new LinkedBlockingQueue<>();

  /**
   * @param durable gets the number of bytes that are durable, on this object's thread
   * @param ended run there when all are
   */
  GroupAppender(RecycledFile file, LongConsumer durable, Runnable ended) {
    this.file = file;
    this.durable = durable;
    this.ended = ended;
    Thread.ofPlatform().name("append").daemon().start(this::run);
  }

  /** Waits while the queue is full. */
  void append(ByteString data) {
    try {
      room.acquire(data.size());
      queue.put(data);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void end() {
    append(END);
  }

  private void run() {
    long writtenBytes = 0;
    try {
      for (ByteString data = queue.take(); data != END; data = queue.take()) {
        long unsyncedBytes = 0;
        boolean last = false;
        for (ByteString next = data; next != null; next = queue.poll()) {
          if (next.equals(END)) {
            last = true;
            break;
          }
          room.release(next.size());
          file.write(next.asReadOnlyByteBuffer());
          writtenBytes += next.size();
          unsyncedBytes += next.size();
          if (unsyncedBytes >= BareSettings.SYNC_BYTES) {
            break;
          }
        }
        file.sync();
        durable.accept(writtenBytes);
        if (last) {
          break;
        }
      }
      ended.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Nobody is acknowledged any more: the measurement fails by its own time-out.
      throw new IllegalStateException("the recycled file cannot be written", e);
    }
  }
}
