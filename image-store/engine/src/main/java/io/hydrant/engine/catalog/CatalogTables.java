package io.hydrant.engine.catalog;

import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The catalog's state: changed by the apply thread alone, read by any. An image is published as one
 * immutable record; the applied position comes last, so that whoever sees it sees what led to it.
 */
final class CatalogTables {
  private final ConcurrentNavigableMap<ImageId, ImageRecord> images = new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, ImageId> names = new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<SessionId, ImageId> sessions = new ConcurrentSkipListMap<>();
  private volatile long nextImage;
  private volatile long millis;
  private volatile EntryPosition applied;

  CatalogTables(EntryPosition applied, long millis, long nextImage) {
    this.applied = applied;
    this.millis = millis;
    this.nextImage = nextImage;
  }

  EntryPosition applied() {
    return applied;
  }

  long millis() {
    return millis;
  }

  long nextImage() {
    return nextImage;
  }

  int size() {
    return images.size();
  }

  /** Of all plans together. Goes through all images: plans are learned seldom. */
  long planBytes() {
    return images.values().stream().mapToLong(image -> image.plan().size()).sum();
  }

  Optional<ImageRecord> image(ImageId id) {
    return Optional.ofNullable(images.get(id));
  }

  /** An image that is not on its way out. */
  Optional<ImageRecord> live(ImageId id) {
    return image(id).filter(image -> !image.deleting());
  }

  Optional<ImageRecord> named(String name) {
    return Optional.ofNullable(names.get(name)).flatMap(this::image);
  }

  Optional<ImageRecord> ofSession(SessionId id) {
    return Optional.ofNullable(sessions.get(id)).flatMap(this::image);
  }

  /** Ascending by uid. */
  List<ImageRecord> byId() {
    return List.copyOf(images.values());
  }

  /** Ascending by name, from the first behind {@code after}; an empty name is before all. */
  List<ImageRecord> byName(String after, int countMax) {
    List<ImageRecord> found = new ArrayList<>();
    for (ImageId id : names.tailMap(after, false).values()) {
      if (found.size() >= countMax) {
        break;
      }
      image(id).ifPresent(found::add);
    }
    return found;
  }

  /** A new image, with the next uid. */
  void add(ImageRecord image) {
    restore(image);
    nextImage = image.id().value() + 1;
  }

  /** An image with its sessions, as decoded. */
  void restore(ImageRecord image) {
    images.put(image.id(), image);
    names.put(image.name(), image.id());
    image.sessions().keySet().forEach(id -> sessions.put(id, image.id()));
  }

  void put(ImageRecord image) {
    images.put(image.id(), image);
  }

  void addSession(ImageRecord image, SessionId id) {
    put(image);
    sessions.put(id, image.id());
  }

  void removeSession(ImageRecord image, SessionId id) {
    sessions.remove(id);
    put(image);
  }

  /** The name is free again; the uid is not. */
  void drop(ImageRecord image) {
    image.sessions().keySet().forEach(sessions::remove);
    names.remove(image.name());
    images.remove(image.id());
  }

  /** Takes over everything; what a reader finds on the way is of one of the two. */
  void replaceWith(CatalogTables newer) {
    checkNext(newer.applied);
    images.putAll(newer.images);
    names.putAll(newer.names);
    sessions.putAll(newer.sessions);
    sessions.keySet().retainAll(newer.sessions.keySet());
    names.keySet().retainAll(newer.names.keySet());
    images.keySet().retainAll(newer.images.keySet());
    nextImage = newer.nextImage;
    advance(newer.applied, newer.millis);
  }

  /** Throws unless this is the next place in the log. */
  void checkNext(EntryPosition position) {
    if (position.index() <= applied.index() || position.term() < applied.term()) {
      throw new IllegalStateException(
          "entry at %s after %s: the log was applied out of order".formatted(position, applied));
    }
  }

  void advance(EntryPosition position, long nowMillis) {
    millis = nowMillis;
    applied = position;
  }
}
