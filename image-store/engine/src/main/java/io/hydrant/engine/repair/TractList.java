package io.hydrant.engine.repair;

import java.util.List;
import java.util.Optional;

/**
 * What a source has as of one checkpoint.
 *
 * @param index log index that the source had applied
 * @param tracts those that it has, ascending by region and tract
 * @param parts those that it has but for known checkpoints, ascending by region and tract
 * @param slim empty if it lacks the slim state
 */
public record TractList(
    long index, List<TractSummary> tracts, List<TractSummary> parts, Optional<SlimSummary> slim) {
  public TractList {
    tracts = List.copyOf(tracts);
    parts = List.copyOf(parts);
  }
}
