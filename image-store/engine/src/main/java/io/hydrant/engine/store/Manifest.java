package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The manifest of a checkpoint (PROTOCOL, words): its patches in order, its zero tracts, its counts
 * and digest. Written last, as one or more records, so that its presence proves that this replica
 * had checked everything.
 *
 * <pre>
 * part:   version u8 | parts u32 | body slice
 * body:   digest 32 | patches u64 | pages u64 | data bytes u64 | slim bytes u64 | slim chunks u32
 *         zero run count u32, each: region u32 | first tract u64 | count u64
 *         patch count u32, each:    region u32 | tract u32 | pages u32 | patch digest 32
 * all little-endian; docs/formats/manifest.md
 * </pre>
 */
record Manifest(
    Command.Content content, int slimChunks, List<ZeroRun> zeroRuns, List<PatchRow> patches) {
  static final int VERSION = 1;

  /** Keeps a part well below a segment, and one read. */
  static final int PART_BYTES_MAX = 512 << 10;

  private static final int PART_HEADER_BYTES = 5;
  private static final int FIXED_BYTES = Digest.BYTES + 4 * 8 + 4;
  private static final int ZERO_RUN_BYTES = 20;
  private static final int PATCH_BYTES = 12 + Digest.BYTES;

  Manifest {
    zeroRuns = List.copyOf(zeroRuns);
    patches = List.copyOf(patches);
  }

  /** Whole tracts declared zero. */
  record ZeroRun(int region, long firstTract, long count) {}

  /** One patch: what it must be for its bytes to count. */
  record PatchRow(int region, int tract, int pages, Digest digest) {}

  /** The payloads of the manifest's records, in order. */
  List<ByteBuffer> encode() {
    ByteBuffer body =
        ByteBuffer.allocate(
                Math.toIntExact(
                    FIXED_BYTES
                        + 8
                        + (long) zeroRuns.size() * ZERO_RUN_BYTES
                        + (long) patches.size() * PATCH_BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    body.put(content.digest().toBytes());
    body.putLong(content.patches()).putLong(content.pages());
    body.putLong(content.dataBytes()).putLong(content.slimBytes()).putInt(slimChunks);
    body.putInt(zeroRuns.size());
    for (ZeroRun run : zeroRuns) {
      body.putInt(run.region()).putLong(run.firstTract()).putLong(run.count());
    }
    body.putInt(patches.size());
    for (PatchRow patch : patches) {
      body.putInt(patch.region()).putInt(patch.tract()).putInt(patch.pages());
      body.put(patch.digest().toBytes());
    }
    body.flip();
    int parts = (body.remaining() + PART_BYTES_MAX - 1) / PART_BYTES_MAX;
    List<ByteBuffer> payloads = new ArrayList<>(parts);
    while (body.hasRemaining()) {
      int slice = Math.min(PART_BYTES_MAX, body.remaining());
      ByteBuffer part =
          ByteBuffer.allocate(PART_HEADER_BYTES + slice).order(ByteOrder.LITTLE_ENDIAN);
      part.put((byte) VERSION).putInt(parts);
      part.put(body.slice(body.position(), slice));
      body.position(body.position() + slice);
      payloads.add(part.flip());
    }
    return payloads;
  }

  /**
   * How many parts there are, as the first one says.
   *
   * @param where names the bytes in messages
   */
  static int partsOf(String where, ByteBuffer payload) throws IOException {
    ByteBuffer part = payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (part.remaining() < PART_HEADER_BYTES) {
      throw new CorruptionException(where, 0, "a manifest part", part.remaining() + " bytes");
    }
    int version = part.get();
    int parts = part.getInt();
    if (version != VERSION || parts < 1) {
      throw new CorruptionException(
          where, 0, "manifest version " + VERSION, "version " + version + ", parts " + parts);
    }
    return parts;
  }

  /**
   * @param payloads all parts, in order
   * @throws CorruptionException if they are not a manifest
   */
  static Manifest decode(String where, List<ByteBuffer> payloads) throws IOException {
    int bytes = 0;
    for (ByteBuffer payload : payloads) {
      if (partsOf(where, payload) != payloads.size()) {
        throw new CorruptionException(where, 0, payloads.size() + " parts", "another number");
      }
      bytes = Math.addExact(bytes, payload.remaining() - PART_HEADER_BYTES);
    }
    ByteBuffer body = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (ByteBuffer payload : payloads) {
      body.put(
          payload.slice(
              payload.position() + PART_HEADER_BYTES, payload.remaining() - PART_HEADER_BYTES));
    }
    return decodeBody(where, body.flip());
  }

  private static Manifest decodeBody(String where, ByteBuffer body) throws IOException {
    require(where, body, FIXED_BYTES + 4);
    Digest digest = digest(body);
    Command.Content content =
        new Command.Content(digest, body.getLong(), body.getLong(), body.getLong(), body.getLong());
    int slimChunks = body.getInt();
    int zeroRuns = body.getInt();
    require(where, body, (long) zeroRuns * ZERO_RUN_BYTES + 4);
    List<ZeroRun> zeros = new ArrayList<>(zeroRuns);
    for (int i = 0; i < zeroRuns; i++) {
      zeros.add(new ZeroRun(body.getInt(), body.getLong(), body.getLong()));
    }
    int patches = body.getInt();
    require(where, body, (long) patches * PATCH_BYTES);
    List<PatchRow> rows = new ArrayList<>(patches);
    for (int i = 0; i < patches; i++) {
      rows.add(new PatchRow(body.getInt(), body.getInt(), body.getInt(), digest(body)));
    }
    if (body.hasRemaining() || patches != content.patches() || slimChunks < 0) {
      throw new CorruptionException(
          where,
          body.position(),
          "the end of a manifest of " + content.patches() + " patches",
          body.remaining() + " more bytes behind " + patches + " patches");
    }
    return new Manifest(content, slimChunks, zeros, rows);
  }

  private static Digest digest(ByteBuffer body) {
    byte[] digest = new byte[Digest.BYTES];
    body.get(digest);
    return Digest.of(digest);
  }

  private static void require(String where, ByteBuffer body, long bytes) throws IOException {
    if (bytes < 0 || body.remaining() < bytes) {
      throw new CorruptionException(
          where, body.position(), bytes + " more bytes", body.remaining() + " bytes");
    }
  }
}
