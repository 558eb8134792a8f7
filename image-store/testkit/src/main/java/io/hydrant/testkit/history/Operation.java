package io.hydrant.testkit.history;

import java.util.List;
import java.util.OptionalLong;

/** One call of one client on one image, from its invocation to its answer. */
public sealed interface Operation {
  /** The client, for messages. */
  String process();

  Interval during();

  String image();

  Result<?> result();

  /** Took the image over. */
  record Acquire(
      String process,
      Interval during,
      String image,
      OptionalLong seenEpoch,
      Result<Acquired> result)
      implements Operation {}

  /**
   * What a take-over got.
   *
   * @param head 0: none
   */
  record Acquired(long epoch, long head) {}

  /**
   * Sent a checkpoint, from its open to the answer to its commit.
   *
   * @param attempt names it within the image
   * @param content of the memory and slim state that it leads to; best unique to the attempt
   * @param id the last one heard, if any was
   */
  record Commit(
      String process,
      Interval during,
      String image,
      long attempt,
      long epoch,
      Base base,
      String content,
      OptionalLong id,
      Result<Committed> result)
      implements Operation {}

  /**
   * What an acknowledgement says.
   *
   * @param index log index of the commit
   */
  record Committed(long id, long index) {}

  /** Asked for the image. */
  record ReadHead(String process, Interval during, String image, Result<Head> result)
      implements Operation {}

  /**
   * An image as it was.
   *
   * @param id of the head; 0: none
   * @param index log index up to which everything shows in it; what came just behind may show too
   */
  record Head(long epoch, long id, long index) {}

  /** Listed the committed checkpoints that can be restored. */
  record ListAll(String process, Interval during, String image, Result<List<Listed>> result)
      implements Operation {}

  /**
   * A row of a list.
   *
   * @param base 0: full
   */
  record Listed(long id, long epoch, long base) {}

  /**
   * Opened a restore session.
   *
   * @param session names it within the history
   * @param checkpoint asked for; empty: the latest
   */
  record Pin(
      String process,
      Interval during,
      String image,
      long session,
      OptionalLong checkpoint,
      Result<Long> result)
      implements Operation {}

  /**
   * Read the whole image in a session that its client kept alive.
   *
   * @param result the content of memory and slim state, as {@link Commit#content} has it
   */
  record Restore(String process, Interval during, String image, long session, Result<String> result)
      implements Operation {}
}
