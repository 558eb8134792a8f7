package io.hydrant.bench.flip;

import java.util.List;

/**
 * What was served to those who restored while bits were turned over and repaired.
 *
 * @param rounds through all images
 * @param right pages that the struck server served
 * @param damaged pages that it refused as damaged
 * @param wrong what nobody should have served
 * @param failures of restores that another replica's bytes should have made good
 */
public record Served(
    long rounds, long right, long damaged, List<String> wrong, List<String> failures) {
  public Served {
    wrong = List.copyOf(wrong);
    failures = List.copyOf(failures);
  }
}
