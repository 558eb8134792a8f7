package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.Relocation;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.store.SurvivingRows.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Moves page versions of tracts, whichever they are: copies them, each decoded and verified before,
 * and has the maps point to the copies once these are durable. A row that was replaced, repaired or
 * retired in between stays as it is; a bad page stays where it is. Used once, by one thread.
 */
final class TractMoves {
  private final MoveTools tools;
  private final StoreParts parts;
  private final SortedMap<TractKey, Relocation> copies = new TreeMap<>();
  private final List<Appended> appended = new ArrayList<>();
  private long copiedBytes;
  private long appendedBytes;

  TractMoves(MoveTools tools) {
    this.tools = tools;
    this.parts = tools.parts();
  }

  /** A tract as it is, without what no retained checkpoint shows. */
  record Needed(ImageState image, TractMap map) {}

  /** Empty if there is no such tract any more. */
  Optional<Needed> needed(TractKey tract) throws IOException {
    return tools.writer().tryChange(() -> find(tract)).flatMap(found -> found);
  }

  /** Within a change: what no retained checkpoint shows is not worth a copy. */
  private Optional<Needed> find(TractKey tract) throws IOException {
    Optional<ImageState> image = parts.catalog().image(tract.image());
    TractMap map = image.isPresent() ? parts.maps().get(tract) : null;
    if (map == null || image.isEmpty()) {
      return Optional.empty();
    }
    Retained retained = Retained.of(image.get().retainedLines());
    TractMap pruned = map.prune(retained, parts.usage().image(tract.image()));
    if (pruned != map) {
      parts.maps().put(tract, pruned);
      parts.missing().repaired(tract, pruned);
    }
    return Optional.of(new Needed(image.get(), pruned));
  }

  /**
   * Copies rows of a tract; the caller has their segments pinned.
   *
   * @param layers of the map of {@code needed}: in a layer a page has one version
   * @param recompressed they are to be as small as they get
   */
  void copy(TractKey tract, Needed needed, List<Layer> layers, boolean recompressed)
      throws IOException {
    int rows = layers.stream().mapToInt(Layer::size).sum();
    if (rows == 0) {
      return;
    }
    Relocation relocation = new Relocation(rows);
    for (Layer layer : layers) {
      for (Map.Entry<RegionSpec, Layer> part :
          byRegion(needed.image(), tract.region(), layer).entrySet()) {
        copy(tract, part.getKey(), part.getValue(), recompressed, relocation);
      }
    }
    copies.put(tract, relocation);
  }

  /**
   * A full checkpoint may give a region another page size: rows by the region as of their version.
   */
  private static Map<RegionSpec, Layer> byRegion(ImageState image, int region, Layer layer) {
    Map<RegionSpec, Layer> byRegion = new LinkedHashMap<>();
    List<CheckpointInfo> with =
        image.committed().values().stream().filter(one -> one.regions().has(region)).toList();
    if (with.stream().map(one -> one.regions().get(region).pageBytes()).distinct().count() == 1) {
      byRegion.put(with.getLast().regions().get(region), layer);
      return byRegion;
    }
    BitSet left = new BitSet();
    left.set(0, layer.size());
    for (CheckpointInfo one : with) {
      BitSet own = new BitSet();
      for (int place = left.nextSetBit(0); place >= 0; place = left.nextSetBit(place + 1)) {
        if (image.line(one.id()).contains(layer.map().checkpoint(layer.rows()[place]))) {
          own.set(place);
        }
      }
      if (!own.isEmpty()) {
        left.andNot(own);
        RegionSpec spec = one.regions().get(region);
        BitSet before = new BitSet();
        Layer known = byRegion.get(spec);
        if (known != null) {
          for (int row : known.rows()) {
            before.set(java.util.Arrays.binarySearch(layer.rows(), row));
          }
        }
        own.or(before);
        byRegion.put(spec, layer.only(own::get));
      }
    }
    return byRegion;
  }

  private void copy(
      TractKey tract, RegionSpec spec, Layer layer, boolean recompressed, Relocation relocation)
      throws IOException {
    SurvivorReader.Good good = tools.reader().read(tract, spec, layer);
    if (good.layer().size() == 0) {
      return;
    }
    TractRows found = good.layer().toRows();
    Recompression.Packed packed =
        recompressed
            ? tools.recompression().of(tract, spec, found, good.data())
            : new Recompression.Packed(found, good.data());
    TractRows rows = packed.rows();
    BitSet all = new BitSet();
    all.set(0, rows.size());
    CheckpointKey asOf =
        new CheckpointKey(tract.image(), new CheckpointId(good.layer().newestVersion()));
    MovedWriter.Placed placed =
        tools
            .moved()
            .append(
                new TractCopy(
                    asOf,
                    tract.region(),
                    tract.tract(),
                    rows,
                    all,
                    packed.data(),
                    Optional.empty()),
                spec.pageBytes());
    placed.records().forEach(record -> add(record, 0));
    copiedBytes += found.dataBytes();
    TractMap map = good.layer().map();
    for (int i = 0; i < rows.size(); i++) {
      int row = good.layer().rows()[i];
      relocation.add(
          map.pageInTract(row),
          map.checkpoint(row),
          map.address(row),
          placed.addresses()[i],
          rows.table().encodingCode(i),
          rows.table().length(i));
    }
  }

  /** A record was appended beside those of tracts, with so many bytes. */
  void add(Appended record, int bytes) {
    appended.add(record);
    copiedBytes += bytes;
    appendedBytes += record.end() - record.record().packed();
  }

  /** Makes the copies durable; nothing points to them yet: a crash leaves dead bytes. */
  void sync() throws IOException {
    if (!appended.isEmpty()) {
      parts.log().syncSurvivors();
    }
  }

  /** One change for each tract: entries go in between. */
  void publish() throws IOException {
    for (Map.Entry<TractKey, Relocation> copy : copies.entrySet()) {
      tools.writer().changeIfUsable(() -> relocate(copy.getKey(), copy.getValue()));
    }
  }

  private void relocate(TractKey tract, Relocation relocation) throws IOException {
    ImageId image = tract.image();
    TractMap map = parts.catalog().image(image).isPresent() ? parts.maps().get(tract) : null;
    if (map != null) {
      TractMap relocated = map.relocate(relocation, parts.usage().image(image));
      if (relocated != map) {
        parts.maps().put(tract, relocated);
        // Rows that were found bad where they lay are not there any more.
        parts.missing().repaired(tract, relocated);
        tools.changed().run();
      }
    }
  }

  /** The copies are pointed to, or never will be. */
  void release() {
    appended.forEach(tools.moved()::release);
  }

  /** Bytes that were copied, as they were before. */
  long copiedBytes() {
    return copiedBytes;
  }

  /** What the copies take, headers and tables among them. */
  long appendedBytes() {
    return appendedBytes;
  }
}
