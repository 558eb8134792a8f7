package io.hydrant.engine.store;

import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.ImageId;

/** What a reader asks before it serves what it found. Any thread. */
interface ReadGuard {
  /** Whether the session has not ended. */
  boolean isLive(ReadPoint point);

  /** Pages of the image of which no replica has good bytes, as of now. */
  DamagedPages damaged(ImageId image);
}
