package io.hydrant.engine.index;

import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** SKELETON: to be implemented. */
public final class PageMaps {
  public PageMaps(PageIndex index, long cacheBytes) {}

  /** The tract's map, or null if none was ever written. At most one index get. Any thread. */
  public @Nullable TractMap get(TractKey key) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Replaces a tract's map. Apply thread only (PROTOCOL R14: one writer per tract). */
  public void put(TractKey key, TractMap map) {
    throw new UnsupportedOperationException();
  }

  /** Forgets an image. Apply thread only. */
  public void dropImage(ImageId image) {
    throw new UnsupportedOperationException();
  }

  /** Heap bytes of maps that are newer than the index. */
  public long dirtyBytes() {
    throw new UnsupportedOperationException();
  }

  /** Index gets since the start. */
  public long indexGets() {
    throw new UnsupportedOperationException();
  }
}
