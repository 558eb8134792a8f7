package io.hydrant.engine.catalog;

import io.hydrant.engine.model.EntryPosition;
import java.util.List;

/** A catalog as of one entry: immutable, made by {@link Catalog#freeze}. */
public final class FrozenCatalog {
  private final EntryPosition applied;
  private final long millis;
  private final long nextImage;
  private final List<ImageRecord> images;

  FrozenCatalog(EntryPosition applied, long millis, long nextImage, List<ImageRecord> images) {
    this.applied = applied;
    this.millis = millis;
    this.nextImage = nextImage;
    this.images = images;
  }

  /** Position of the entry as of which it is. */
  public EntryPosition applied() {
    return applied;
  }

  /** Canonical bytes, as {@link Catalog#encode} gives them. Any thread. */
  public byte[] encode() {
    return CatalogEncoding.encode(this);
  }

  long millis() {
    return millis;
  }

  long nextImage() {
    return nextImage;
  }

  /** Ascending by uid. */
  List<ImageRecord> images() {
    return images;
  }
}
