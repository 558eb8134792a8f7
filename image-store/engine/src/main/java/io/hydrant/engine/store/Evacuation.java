package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.index.ImageUsage;
import io.hydrant.engine.index.Relocation;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.store.SlimReader.Chunk;
import io.hydrant.engine.store.SurvivingRows.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Moves what is live out of one sealed segment (PROTOCOL R14, R23), so that the next flush can give
 * its file back:
 *
 * <pre>
 * 1 find     the records' headers name the tracts; the maps say which of their rows lie here
 * 2 copy     in the order of tracts and pages; each page is decoded and verified before
 * 3 sync     the copies are durable; nothing points to them: a crash leaves dead bytes
 * 4 publish  tract by tract, each as one change: rows that still point here point to the copy
 * 5 condemn  the segment has nothing live; the next flush says so durably
 * 6 delete   {@link Snapshots} gives the file back once no reader has it pinned
 * </pre>
 *
 * What changes in between wins: a row that was replaced, repaired or retired is left as it is. Bad
 * pages stay where they are and keep the segment until they are repaired. Used once, by one thread.
 */
final class Evacuation {
  private final int segment;
  private final StoreParts parts;
  private final StoreWriter writer;
  private final SurvivorReader reader;
  private final MovedWriter moved;
  private final DamageNotes damage;
  private final Runnable changed;

  private final SortedSet<TractKey> tracts = new TreeSet<>();
  private final SortedSet<CheckpointKey> slims = new TreeSet<>();
  private final SortedMap<TractKey, Relocation> copies = new TreeMap<>();
  private final SortedMap<CheckpointKey, Map<Chunk, Chunk>> slimCopies = new TreeMap<>();
  private final List<Appended> appended = new ArrayList<>();
  private long copiedBytes;
  private long appendedBytes;

  /**
   * @param changed runs within each change of a map
   */
  Evacuation(
      int segment,
      StoreParts parts,
      StoreWriter writer,
      SurvivorReader reader,
      MovedWriter moved,
      DamageNotes damage,
      Runnable changed) {
    this.changed = changed;
    this.segment = segment;
    this.parts = parts;
    this.writer = writer;
    this.reader = reader;
    this.moved = moved;
    this.damage = damage;
  }

  /**
   * Does it; returns the bytes that were copied.
   *
   * @throws DiskFullException if there is no room for all of the copies; those before are published
   */
  long run() throws IOException {
    if (!parts.log().pin(segment)) {
      return 0;
    }
    try {
      find();
      Optional<DiskFullException> full = copyAll();
      if (!appended.isEmpty()) {
        parts.log().syncSurvivors();
      }
      publish();
      if (full.isPresent()) {
        throw full.get();
      }
      return copiedBytes;
    } finally {
      appended.forEach(moved::release);
      parts.log().unpin(segment);
    }
  }

  private Optional<DiskFullException> copyAll() throws IOException {
    try {
      for (TractKey tract : tracts) {
        copy(tract);
      }
      for (CheckpointKey key : slims) {
        copySlim(key);
      }
      return Optional.empty();
    } catch (DiskFullException full) {
      return Optional.of(full);
    }
  }

  /** What the copies take, headers and tables among them. */
  long appendedBytes() {
    return appendedBytes;
  }

  private void find() throws IOException {
    try {
      parts
          .log()
          .visit(
              segment,
              (record, _) -> {
                switch (record) {
                  case LogRecord.Patch patch ->
                      tracts.add(new TractKey(patch.key().image(), patch.region(), patch.tract()));
                  case LogRecord.Moved pages ->
                      tracts.add(new TractKey(pages.key().image(), pages.region(), pages.tract()));
                  case LogRecord.Slim slim -> slims.add(slim.key());
                  case LogRecord.MovedSlim slim -> slims.add(slim.key());
                  case LogRecord.Manifest _ -> {}
                }
              });
    } catch (CorruptionException e) {
      damage.report("a record of a segment that is being cleaned", "" + e.getMessage());
      findByMaps();
    }
  }

  /** The records behind a bad header are not found; what the maps show may still be good. */
  private void findByMaps() throws IOException {
    for (ImageState image : parts.catalog().images()) {
      for (CheckpointId checkpoint : image.committed().keySet()) {
        slims.add(new CheckpointKey(image.id(), checkpoint));
      }
      parts
          .maps()
          .scanImage(
              image.id(),
              (tract, map) -> {
                if (!SurvivingRows.of(map, segment).layers().isEmpty()) {
                  tracts.add(tract);
                }
                return true;
              });
    }
  }

  /** What is needed of a tract, and by whom. */
  private record Needed(ImageState image, TractMap map) {}

  private void copy(TractKey tract) throws IOException {
    Optional<Needed> needed = writer.tryChange(() -> needed(tract)).flatMap(found -> found);
    if (needed.isEmpty()) {
      return;
    }
    List<Layer> layers = SurvivingRows.of(needed.get().map(), segment).layers();
    int rows = layers.stream().mapToInt(Layer::size).sum();
    if (rows == 0) {
      return;
    }
    Relocation relocation = new Relocation(rows);
    for (Layer layer : layers) {
      for (Map.Entry<RegionSpec, Layer> part :
          byRegion(needed.get().image(), tract.region(), layer).entrySet()) {
        copy(tract, part.getKey(), part.getValue(), relocation);
      }
    }
    copies.put(tract, relocation);
  }

  /** Within a change: what no retained checkpoint shows is not worth a copy. */
  private Optional<Needed> needed(TractKey tract) throws IOException {
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
   * A full checkpoint may give a region another page size: rows by the region as of their version.
   */
  private static Map<RegionSpec, Layer> byRegion(ImageState image, int region, Layer layer) {
    Map<RegionSpec, Layer> byRegion = new java.util.LinkedHashMap<>();
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

  private void copy(TractKey tract, RegionSpec spec, Layer layer, Relocation relocation)
      throws IOException {
    SurvivorReader.Good good = reader.read(tract, spec, layer);
    if (good.layer().size() == 0) {
      return;
    }
    TractRows rows = good.layer().toRows();
    BitSet all = new BitSet();
    all.set(0, rows.size());
    CheckpointKey asOf =
        new CheckpointKey(tract.image(), new CheckpointId(good.layer().newestVersion()));
    MovedWriter.Placed placed =
        moved.append(
            new TractCopy(
                asOf, tract.region(), tract.tract(), rows, all, good.data(), Optional.empty()),
            spec.pageBytes());
    appended.addAll(placed.records());
    copiedBytes += rows.dataBytes();
    placed.records().forEach(record -> appendedBytes += record.end() - record.record().packed());
    TractMap map = good.layer().map();
    for (int i = 0; i < rows.size(); i++) {
      int row = good.layer().rows()[i];
      relocation.add(
          map.pageInTract(row), map.checkpoint(row), map.address(row), placed.addresses()[i]);
    }
  }

  private boolean isHere(Chunk chunk) {
    return chunk.length() > 0 && Address.ofPacked(chunk.address()).segment() == segment;
  }

  private void copySlim(CheckpointKey key) throws IOException {
    List<Chunk> chunks = parts.slims().get(key).orElse(List.of());
    Map<Chunk, Chunk> replaced = new java.util.HashMap<>();
    for (int number = 0; number < chunks.size(); number++) {
      Chunk chunk = chunks.get(number);
      if (!isHere(chunk)) {
        continue;
      }
      ByteBuffer bytes = ByteBuffer.allocate(chunk.length());
      boolean sound;
      try {
        parts.log().read(Address.ofPacked(chunk.address()), bytes);
        sound = SlimChecksum.of(chunk.offset(), bytes.flip()) == chunk.checksum();
      } catch (CorruptionException _) {
        sound = false;
      }
      if (!sound) {
        damage.report(key.toString(), "its slim state is bad, or cannot be read");
        damage.slim(key);
        return;
      }
      Appended at =
          moved.append(
              key, number, new TractRepair.SlimCopy(chunk.offset(), chunk.checksum(), bytes));
      appended.add(at);
      copiedBytes += chunk.length();
      appendedBytes += at.end() - at.record().packed();
      replaced.put(
          chunk,
          new Chunk(chunk.offset(), chunk.length(), chunk.checksum(), at.payload().packed()));
    }
    if (!replaced.isEmpty()) {
      slimCopies.put(key, replaced);
    }
  }

  /** One change each: entries go in between. */
  private void publish() throws IOException {
    for (Map.Entry<TractKey, Relocation> copy : copies.entrySet()) {
      writer.changeIfUsable(() -> relocate(copy.getKey(), copy.getValue()));
    }
    for (Map.Entry<CheckpointKey, Map<Chunk, Chunk>> copy : slimCopies.entrySet()) {
      writer.changeIfUsable(() -> relocateSlim(copy.getKey(), copy.getValue()));
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
        changed.run();
      }
    }
  }

  private void relocateSlim(CheckpointKey key, Map<Chunk, Chunk> replaced) throws IOException {
    if (parts.catalog().image(key.image()).isEmpty()) {
      return;
    }
    List<Chunk> before = parts.slims().get(key).orElse(List.of());
    List<Chunk> after = before.stream().map(chunk -> replaced.getOrDefault(chunk, chunk)).toList();
    if (after.equals(before)) {
      return;
    }
    ImageUsage usage = parts.usage().image(key.image());
    for (int i = 0; i < before.size(); i++) {
      if (!after.get(i).equals(before.get(i))) {
        usage.add(Address.ofPacked(after.get(i).address()).segment(), after.get(i).length());
        usage.add(Address.ofPacked(before.get(i).address()).segment(), -before.get(i).length());
      }
    }
    parts.slims().put(key, after);
  }
}
