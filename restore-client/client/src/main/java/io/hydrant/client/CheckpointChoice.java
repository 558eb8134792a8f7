package io.hydrant.client;

/** Which checkpoint of an image is to be restored. */
public sealed interface CheckpointChoice {
  /** The one that is the head when this happens. */
  record Latest() implements CheckpointChoice {
    @Override
    public String toString() {
      return "the latest checkpoint";
    }
  }

  /**
   * One by its number.
   *
   * @param id above 0
   */
  record Numbered(long id) implements CheckpointChoice {
    @Override
    public String toString() {
      return "checkpoint " + id;
    }
  }

  /** The one that has a name when the server looks. */
  record Named(String name) implements CheckpointChoice {
    @Override
    public String toString() {
      return "checkpoint '%s'".formatted(name);
    }
  }

  /** By its number; 0: the latest. */
  static CheckpointChoice of(long id) {
    return id == 0 ? new Latest() : new Numbered(id);
  }
}
