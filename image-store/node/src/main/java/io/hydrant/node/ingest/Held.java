package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import java.util.List;

/**
 * Every byte of a checkpoint is durable with enough replicas: its commit may be proposed.
 *
 * @param content what it holds, by this replica's own count and digest
 * @param holders the replicas that stated it, this one among them; sorted
 */
public record Held(Command.Content content, List<String> holders) {
  public Held {
    holders = List.copyOf(holders);
  }
}
