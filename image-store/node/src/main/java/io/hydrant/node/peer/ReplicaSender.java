package io.hydrant.node.peer;

import io.grpc.stub.ClientCallStreamObserver;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.SendCursor;
import io.hydrant.engine.replica.Statement;
import io.hydrant.peer.v1.StageRequest;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Sends one peer the frames it lacks, as fast as it takes them; a peer that is slow or gone costs a
 * cursor for each checkpoint, and nobody waits for it (PROTOCOL R8). Confined to the peer's
 * mailbox.
 *
 * <pre>
 * checkpoint   event                                        next
 * fed          frame in the window, or read back            fed
 * fed          holds, refuses, or its frames are gone       over
 * fed          new life of the peer, its end was sent       asked
 * asked        holds                                        over
 * asked        anything else                                fed from the beginning
 * any          final, and nothing of it is under way        forgotten
 * </pre>
 */
final class ReplicaSender {
  /** What one checkpoint sends before others have their turn. */
  private static final int TURN_BYTES = 1 << 20;

  private final Source source;
  private final Map<CheckpointKey, Feed> feeds = new HashMap<>();
  private final ArrayDeque<Feed> turns = new ArrayDeque<>();

  /** Keys of {@link #turns}, for other threads. */
  private final Set<CheckpointKey> feeding = ConcurrentHashMap.newKeySet();

  private volatile @Nullable ClientCallStreamObserver<StageRequest> out;
  private long life;
  private boolean met;

  /** Where frames come from, and questions go. */
  interface Source {
    /**
     * A frame, from memory or read back from the log; empty if it cannot be read back now. Blocks
     * on the disk.
     */
    Optional<Frame> frame(CheckpointKey key, long sequence) throws IOException;

    /** The same, if it is in memory; does not wait. */
    Optional<Frame> frameInMemory(CheckpointKey key, long sequence);

    /** Whether the checkpoint is final, so that what cannot be read back never can be. */
    boolean isFinal(CheckpointKey key);

    /** Asks the peer what it holds; the answer comes as a statement, or not at all. */
    void ask(Forwarding forwarding);

    /** Reading back failed: a fault. */
    void fault(CheckpointKey key, IOException cause);
  }

  private static final class Feed {
    final Forwarding forwarding;
    SendCursor cursor = new SendCursor();
    boolean asked;

    Feed(Forwarding forwarding) {
      this.forwarding = forwarding;
    }
  }

  ReplicaSender(Source source) {
    this.source = source;
  }

  /** The peer takes frames now, in this life. */
  void connected(long itsLife, ClientCallStreamObserver<StageRequest> stream) {
    boolean another = met && itsLife != life;
    met = true;
    life = itsLife;
    out = stream;
    if (another) {
      // What it stated or refused in another life is void.
      turns.clear();
      for (Feed feed : feeds.values()) {
        turns.add(feed);
        feeding.add(feed.forwarding.key());
        feed.cursor = new SendCursor();
        feed.asked = feed.forwarding.claimed() != null;
      }
    }
    for (Feed feed : turns) {
      if (feed.asked) {
        source.ask(feed.forwarding);
      }
    }
    pump();
  }

  /** The stream is gone: what was under way may never have come. */
  void disconnected() {
    out = null;
    feeds.values().forEach(feed -> feed.cursor.broken());
  }

  /**
   * There is more of a checkpoint: sends what of all is in memory; waits for nothing.
   *
   * @return whether that was all there is to be sent now; if not, {@link #pump} is due
   */
  boolean available(Forwarding forwarding) {
    Feed known = feeds.get(forwarding.key());
    if (known == null) {
      Feed feed = new Feed(forwarding);
      feeds.put(forwarding.key(), feed);
      turns.add(feed);
      feeding.add(forwarding.key());
    }
    return pump(false);
  }

  /** The checkpoint is final and done with. */
  void forget(CheckpointKey key) {
    Feed feed = feeds.remove(key);
    if (feed != null) {
      over(feed);
    }
  }

  private void over(Feed feed) {
    turns.remove(feed);
    feeding.remove(feed.forwarding.key());
  }

  /**
   * Whether the peer takes frames of this checkpoint now, and has not said its last word. Any
   * thread.
   */
  boolean isFeeding(CheckpointKey key) {
    return out != null && feeding.contains(key);
  }

  /** The peer's words on a checkpoint. */
  void stated(Statement statement) {
    Feed feed = feeds.get(statement.key());
    if (feed == null || statement.peer().life() != life) {
      return;
    }
    switch (statement.says()) {
      case Statement.Says.Took took -> {
        if (feed.asked) {
          source.ask(feed.forwarding);
        } else {
          feed.cursor.took(took.nextSequence());
        }
      }
      case Statement.Says.Gap gap -> feed.cursor.gap(gap.sequence());
      case Statement.Says.Holds _ -> over(feed);
      case Statement.Says.Refuses _ -> {
        if (feed.asked) {
          feed.asked = false;
        } else {
          over(feed);
        }
      }
    }
    pump();
  }

  /** Sends while the transport takes it. Blocks on the disk if the peer is far behind. */
  void pump() {
    pump(true);
  }

  /** Returns whether nothing was left because it would have had to be read back. */
  private boolean pump(boolean readBack) {
    boolean all = true;
    int sent = 0;
    int inTurn = 0;
    int idle = 0;
    ClientCallStreamObserver<StageRequest> stream = out;
    while (stream != null && stream.isReady() && idle < turns.size()) {
      Feed feed = turns.getFirst();
      OptionalLong next =
          feed.asked ? OptionalLong.empty() : feed.cursor.next(feed.forwarding.available());
      if (next.isEmpty()) {
        idle++;
        inTurn = 0;
        turns.add(turns.removeFirst());
        continue;
      }
      int bytes = send(stream, feed, next.getAsLong(), readBack);
      if (bytes < 0) {
        all &= readBack;
        idle++;
        inTurn = 0;
        turns.add(turns.removeFirst());
        continue;
      }
      idle = 0;
      sent += bytes;
      if (!readBack && sent >= TURN_BYTES) {
        return false; // others go on sending meanwhile: who came with one frame must not send all
      }
      inTurn += bytes;
      if (inTurn >= TURN_BYTES && turns.peek() == feed) {
        inTurn = 0;
        turns.add(turns.removeFirst());
      }
    }
    return all;
  }

  /** Returns the bytes sent; -1 if the frame cannot be had now: the next pump tries again. */
  private int send(
      ClientCallStreamObserver<StageRequest> stream, Feed feed, long sequence, boolean readBack) {
    CheckpointKey key = feed.forwarding.key();
    Optional<Frame> frame;
    try {
      frame = readBack ? source.frame(key, sequence) : source.frameInMemory(key, sequence);
    } catch (IOException e) {
      source.fault(key, e);
      frame = Optional.empty();
    }
    if (frame.isEmpty()) {
      if (!readBack || !source.isFinal(key)) {
        return -1;
      }
      // The peer has to repair it.
      over(feed);
      return 0;
    }
    StageRequest message = StageMessages.request(frame.get(), feed.forwarding.regions());
    stream.onNext(message);
    feed.cursor.sent(sequence);
    return message.getSerializedSize();
  }
}
