package io.hydrant.engine.catalog;

import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** SKELETON: to be implemented. */
public final class Catalog {
  public Catalog() {}

  /** Applies one entry. */
  public Applied apply(EntryPosition position, Entry entry) {
    throw new UnsupportedOperationException();
  }

  /** The entry had no command (Raft's own): only the position moves. */
  public void skip(EntryPosition position) {
    throw new UnsupportedOperationException();
  }

  public EntryPosition applied() {
    throw new UnsupportedOperationException();
  }

  /** Safe from any thread. */
  public Optional<ImageState> image(ImageId id) {
    throw new UnsupportedOperationException();
  }

  /** Safe from any thread. */
  public Optional<ImageState> imageNamed(String name) {
    throw new UnsupportedOperationException();
  }

  /** Ascending by name; safe from any thread. */
  public Collection<ImageState> images() {
    throw new UnsupportedOperationException();
  }

  /** Safe from any thread. */
  public Optional<SessionInfo> session(SessionId id) {
    throw new UnsupportedOperationException();
  }

  /** Canonical bytes: equal catalogs have equal bytes. */
  public byte[] encode() {
    throw new UnsupportedOperationException();
  }

  public static Catalog decode(byte[] bytes) throws MalformedCatalogException {
    throw new UnsupportedOperationException();
  }

  /** The outcome for the caller, and what the local store has to do. */
  public record Applied(Outcome outcome, List<Effect> effects) {
    public Applied {
      effects = List.copyOf(effects);
    }
  }
}
