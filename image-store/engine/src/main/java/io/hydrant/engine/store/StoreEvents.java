package io.hydrant.engine.store;

/**
 * Hears what happens in the store: the one source of logs, metrics and test observations. Must not
 * block.
 */
@FunctionalInterface
public interface StoreEvents {
  StoreEvents NONE = event -> {};

  void on(StoreEvent event);
}
