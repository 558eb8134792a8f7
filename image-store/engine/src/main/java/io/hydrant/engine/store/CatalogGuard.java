package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.ImageId;

/** What the catalog says to a reader. */
record CatalogGuard(Catalog catalog) implements ReadGuard {
  @Override
  public boolean isLive(ReadPoint point) {
    return catalog.session(point.session().id()).isPresent();
  }

  /** Of an image that is gone, no session is left. */
  @Override
  public DamagedPages damaged(ImageId image) {
    return catalog.image(image).map(ImageState::damaged).orElse(DamagedPages.NONE);
  }
}
