package io.hydrant.engine.replica;

import java.util.OptionalLong;

/**
 * Which frame of one checkpoint one peer is sent next. Frames go in order over a stream that keeps
 * order; what was sent on one that broke is sent again from the last that the peer is known to
 * have, and a peer ignores what it has. Confined to whoever sends to that peer; a peer's new life
 * gets a new cursor.
 *
 * <pre>
 * event        next to be sent
 * sent         + 1
 * took n       at least n     progress; frames behind n are under way
 * gap n        n              what is under way is of no use
 * stream broke the last n     what is under way is lost
 * </pre>
 */
public final class SendCursor {
  private long next;

  /** Frames below it are with the peer, by its own words. */
  private long taken;

  /**
   * The sequence to be sent next; empty if everything is sent.
   *
   * @param available frames below it are there to be sent
   */
  public OptionalLong next(long available) {
    return next < available ? OptionalLong.of(next) : OptionalLong.empty();
  }

  /** A frame went out. */
  public void sent(long sequence) {
    if (sequence != next) {
      throw new IllegalStateException("frame %d is next, not %d".formatted(next, sequence));
    }
    next++;
  }

  /** The peer has the frames below; it may know of more than this stream brought. */
  public void took(long nextSequence) {
    taken = Math.max(taken, nextSequence);
    next = Math.max(next, nextSequence);
  }

  /** The peer lacks this frame, and drops those behind it. */
  public void gap(long sequence) {
    taken = Math.min(taken, sequence);
    next = Math.min(next, sequence);
  }

  /** The stream broke: what was under way may never have come. */
  public void broken() {
    next = taken;
  }
}
