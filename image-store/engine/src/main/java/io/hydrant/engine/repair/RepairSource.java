package io.hydrant.engine.repair;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.store.TractSet;
import java.io.IOException;
import java.util.BitSet;

/**
 * A replica that is asked for what this one lacks, always as of a checkpoint that is retained where
 * it is asked (PROTOCOL R16): the answers then never change, and those of any two replicas are
 * equal. Any thread; may block.
 *
 * <p>Every method throws {@link RepairRefusal} with the source's own words, and {@link IOException}
 * if it could not be asked: the link, or the source's device as a whole.
 */
public interface RepairSource {
  /** Name of the node. */
  String node();

  /**
   * The tracts that the source has as of a checkpoint, and those of which it has a part: it lacks
   * the others itself, and cannot say what of them.
   *
   * @param only tracts that are asked for; the answer may have more
   */
  TractList list(CheckpointKey asOf, TractSet only) throws RepairRefusal, IOException;

  /**
   * One tract, every sent page verified against the protector's checksum by the source.
   *
   * @param have bits of pages within the tract: their rows are answered, their bytes are not. With
   *     all bits set one learns which pages differ, for about 15 bytes a page.
   */
  RepairedTract tract(CheckpointKey asOf, int region, int tract, BitSet have)
      throws RepairRefusal, IOException;

  /**
   * As {@link #tract}, and of a tract of which the source has only a part as well: the rows are
   * those that it has, and the answer says what they leave out. Refused if that is not known.
   */
  RepairedTract part(CheckpointKey asOf, int region, int tract, BitSet have)
      throws RepairRefusal, IOException;

  /** The slim state, every chunk verified by the source. */
  SlimState slim(CheckpointKey asOf) throws RepairRefusal, IOException;
}
