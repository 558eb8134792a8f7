package io.hydrant.engine.store;

import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.SurvivingRows.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Reads pages out of a segment that is being cleaned, each verified by decoding it (PROTOCOL R23:
 * cleaning decodes before it moves). Neighbours on the device are read together, and what is dead
 * between them with them, if it is little. One thread at a time; the caller has the segment pinned.
 */
final class SurvivorReader {
  /** One device read. */
  private static final int WINDOW_BYTES = 1 << 20;

  /** Reading on over so much that is dead is cheaper than another read. */
  static final int GAP_BYTES_MAX = 64 << 10;

  private final SegmentLog log;
  private final PageVerifier verifier;
  private final DamageNotes damage;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private ByteBuffer data = ByteBuffer.allocate(0);

  SurvivorReader(SegmentLog log, PageCodec codec, DamageNotes damage) {
    this.log = log;
    this.verifier = new PageVerifier(codec);
    this.damage = damage;
  }

  /**
   * Rows whose bytes are good, and these bytes.
   *
   * @param data of the rows one after the other, from position to limit; good until the next read
   */
  record Good(Layer layer, ByteBuffer data) {}

  /**
   * Reads the rows of a layer; bad ones are noted as damaged and left out.
   *
   * @param spec of the region
   */
  Good read(TractKey tract, RegionSpec spec, Layer layer) throws IOException {
    int[] offsets = new int[layer.size() + 1];
    for (int i = 0; i < layer.size(); i++) {
      offsets[i + 1] = offsets[i] + layer.map().length(layer.rows()[i]);
    }
    data = withRoom(data, offsets[layer.size()]);
    BitSet bad = new BitSet();
    fill(layer, offsets, bad);
    verify(tract, spec, layer, offsets, bad);
    if (bad.isEmpty()) {
      return new Good(layer, data.clear().limit(offsets[layer.size()]));
    }
    note(tract, layer, bad);
    return new Good(layer.only(place -> !bad.get(place)), withoutBad(layer, offsets, bad));
  }

  private void fill(Layer layer, int[] offsets, BitSet bad) throws IOException {
    TractMap map = layer.map();
    int[] byAddress =
        IntStream.range(0, layer.size())
            .boxed()
            .sorted((a, b) ->
                Long.compareUnsigned(map.address(layer.rows()[a]), map.address(layer.rows()[b])))
            .mapToInt(Integer::intValue)
            .toArray();
    int from = 0;
    while (from < byAddress.length) {
      int end = windowEnd(layer, byAddress, from);
      fillWindow(layer, offsets, byAddress, from, end, bad);
      from = end;
    }
  }

  /** How far one read goes. */
  private static int windowEnd(Layer layer, int[] byAddress, int from) {
    TractMap map = layer.map();
    int first = layer.rows()[byAddress[from]];
    long start = map.address(first);
    long behind = start + map.length(first);
    int end = from + 1;
    while (end < byAddress.length) {
      int row = layer.rows()[byAddress[end]];
      long address = map.address(row);
      if (address - behind > GAP_BYTES_MAX || address + map.length(row) - start > WINDOW_BYTES) {
        return end;
      }
      behind = address + map.length(row);
      end++;
    }
    return end;
  }

  private void fillWindow(
      Layer layer, int[] offsets, int[] byAddress, int from, int end, BitSet bad)
      throws IOException {
    TractMap map = layer.map();
    long start = map.address(layer.rows()[byAddress[from]]);
    int last = layer.rows()[byAddress[end - 1]];
    int bytes = (int) (map.address(last) + map.length(last) - start);
    window = withRoom(window, Math.max(bytes, WINDOW_BYTES));
    window.clear().limit(bytes);
    try {
      log.read(Address.ofPacked(start), window);
    } catch (CorruptionException e) {
      if (end - from == 1) {
        bad.set(byAddress[from]);
      } else {
        // One of them cannot be read: the others can, as a rule.
        for (int one = from; one < end; one++) {
          fillWindow(layer, offsets, byAddress, one, one + 1, bad);
        }
      }
      return;
    }
    for (int i = from; i < end; i++) {
      int place = byAddress[i];
      int row = layer.rows()[place];
      data.put(offsets[place], window, (int) (map.address(row) - start), map.length(row));
    }
  }

  private void verify(TractKey tract, RegionSpec spec, Layer layer, int[] offsets, BitSet bad) {
    ByteBuffer bytes = data.duplicate();
    for (int place = 0; place < layer.size(); place++) {
      int row = layer.rows()[place];
      boolean good =
          !bad.get(place)
              && verifier
                  .check(
                      tract.region(),
                      spec.pageOf(tract.tract(), layer.map().pageInTract(row)),
                      spec.pageBytes(),
                      PageEncoding.ofCode(layer.map().encodingCode(row)),
                      layer.map().checksum(row),
                      bytes.clear(),
                      offsets[place],
                      layer.map().length(row))
                  .isEmpty();
      bad.set(place, !good);
    }
  }

  private void note(TractKey tract, Layer layer, BitSet bad) throws IOException {
    int[] rows = bad.stream().map(place -> layer.rows()[place]).toArray();
    for (int row : rows) {
      Address address = Address.ofPacked(layer.map().address(row));
      damage.report(
          "%s, region %d, tract %d, page %d of the tract, as checkpoint %d wrote it"
              .formatted(
                  tract.image(),
                  tract.region(),
                  tract.tract(),
                  layer.map().pageInTract(row),
                  layer.map().checkpoint(row)),
          "%s at offset %d: its checksum is another one, or it cannot be read"
              .formatted(log.pathOf(address), address.offset()));
    }
    damage.pages(
        tract,
        IntStream.of(rows).map(row -> layer.map().pageInTract(row)).toArray(),
        IntStream.of(rows).mapToLong(row -> layer.map().address(row)).toArray());
  }

  private ByteBuffer withoutBad(Layer layer, int[] offsets, BitSet bad) {
    int end = 0;
    for (int place = 0; place < layer.size(); place++) {
      if (!bad.get(place)) {
        int length = offsets[place + 1] - offsets[place];
        // Downwards only, so that nothing is overwritten before it has moved.
        data.put(end, data.duplicate().clear(), offsets[place], length);
        end += length;
      }
    }
    return data.clear().limit(end);
  }

  private static ByteBuffer withRoom(ByteBuffer buffer, int bytes) {
    return buffer.capacity() >= bytes
        ? buffer.clear()
        : ByteBuffer.allocateDirect(Math.max(bytes, WINDOW_BYTES));
  }
}
