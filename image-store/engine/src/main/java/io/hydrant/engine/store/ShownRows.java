package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import java.util.List;
import java.util.Optional;

/** Which rows of a map anybody can still ask for. */
final class ShownRows {
  private ShownRows() {}

  /**
   * The newest retained checkpoint that shows a row; empty if none does.
   *
   * @param lines all retained ones of the image, ascending
   */
  static Optional<CheckpointInfo> newest(
      ImageState image, List<Line> lines, TractMap map, int row) {
    for (int i = lines.size() - 1; i >= 0; i--) {
      if (map.find(map.pageInTract(row), lines.get(i)) == row) {
        return image.checkpoint(new CheckpointId(lines.get(i).newest()));
      }
    }
    return Optional.empty();
  }

  /** How the page of a row is cut, by the newest retained checkpoint that shows it. */
  static Optional<RegionSpec> spec(
      ImageState image, List<Line> lines, TractKey tract, TractMap map, int row) {
    return newest(image, lines, map, row)
        .filter(checkpoint -> checkpoint.regions().has(tract.region()))
        .map(checkpoint -> checkpoint.regions().get(tract.region()));
  }
}
