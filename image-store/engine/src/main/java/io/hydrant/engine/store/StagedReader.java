package io.hydrant.engine.store;

import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.Manifest.PatchRow;
import io.hydrant.engine.store.Manifest.ZeroRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads staged records back, from memory if they came lately, else from the log, and holds them
 * against their manifest.
 */
final class StagedReader {
  private final SegmentLog log;
  private final RecentRecords recent;

  StagedReader(SegmentLog log, RecentRecords recent) {
    this.log = log;
    this.recent = recent;
  }

  private LogRecord record(Appended at) throws IOException {
    RecentRecords.Recent known = recent.take(at.record());
    return known == null ? log.readRecord(at.record()) : known.record();
  }

  private ByteBuffer manifestPart(Appended at) throws IOException {
    RecentRecords.Recent known = recent.take(at.record());
    return known == null || known.payload() == null ? log.readPayload(at) : known.payload();
  }

  /**
   * The manifest, if all its parts and everything it lists are here.
   *
   * @throws CorruptionException if something is missing or unreadable
   */
  Manifest manifest(StagedRecords records) throws IOException {
    String where = records.key().toString();
    AppendedList parts = records.manifests();
    if (!parts.has(0)) {
      throw new CorruptionException(where, 0, "its manifest", "none");
    }
    ByteBuffer first = manifestPart(parts.get(0));
    int count = Manifest.partsOf(where, first);
    if (!parts.isComplete(count)) {
      throw new CorruptionException(where, 0, count + " manifest parts", "fewer");
    }
    List<ByteBuffer> payloads = new ArrayList<>(List.of(first));
    for (int part = 1; part < count; part++) {
      payloads.add(manifestPart(parts.get(part)));
    }
    Manifest manifest = Manifest.decode(where, payloads);
    if (!records.patches().isComplete(manifest.patches().size())
        || !records.slims().isComplete(manifest.slimChunks())) {
      throw new CorruptionException(
          where,
          0,
          manifest.patches().size() + " patches and " + manifest.slimChunks() + " slim chunks",
          records.patches().size() + " and " + records.slims().size());
    }
    return manifest;
  }

  /**
   * Whether all parts of the manifest are here, so that everything it lists had come. What cannot
   * be read counts as having come.
   */
  boolean isWhole(StagedRecords records) throws IOException {
    AppendedList parts = records.manifests();
    if (!parts.has(0)) {
      return false;
    }
    try {
      ByteBuffer first = log.readPayload(parts.get(0));
      return parts.isComplete(Manifest.partsOf(records.key().toString(), first));
    } catch (CorruptionException _) {
      return true;
    }
  }

  /**
   * As {@link #verified}, for whoever is not within a change: empty if a segment has gone. Then the
   * checkpoint is final, and nothing of it is live here.
   */
  Optional<Manifest> verifiedIfHere(StagedRecords records, PageCodec codec) throws IOException {
    List<Integer> pinned = new ArrayList<>();
    try {
      for (int segment : records.segments()) {
        if (!log.pin(segment)) {
          return Optional.empty();
        }
        pinned.add(segment);
      }
      return Optional.of(verified(records, codec));
    } finally {
      for (int segment : pinned) {
        log.unpin(segment);
      }
    }
  }

  /**
   * As {@link #manifest}; every page and slim chunk is as the protector's checksum says, and the
   * digest of all equals the manifest's. Reads everything.
   */
  Manifest verified(StagedRecords records, PageCodec codec) throws IOException {
    PageVerifier verifier = new PageVerifier(codec);
    Manifest manifest = manifest(records);
    CheckpointDigest digest = new CheckpointDigest();
    for (int number = 0; number < manifest.patches().size(); number++) {
      LogRecord.Patch patch = patch(records, manifest, number);
      verify(records.patches().get(number), patch, verifier);
      digest.patch(patch.region(), geometry(patch.pageBytes()), patch.tract(), patch.table());
    }
    for (ZeroRun run : manifest.zeroRuns()) {
      digest.zeroTracts(run.region(), run.firstTract(), run.count());
    }
    long slimBytes = 0;
    int[] checksums = new int[manifest.slimChunks()];
    for (int number = 0; number < checksums.length; number++) {
      LogRecord.Slim slim = slim(records, number);
      verify(records.slims().get(number), slim);
      checksums[number] = slim.checksum();
      slimBytes += slim.payloadBytes();
    }
    Digest actual = digest.finish(slimBytes, checksums);
    if (!actual.equals(manifest.content().digest())) {
      throw new CorruptionException(
          records.key().toString(), 0, "digest " + manifest.content().digest(), "" + actual);
    }
    return manifest;
  }

  private void verify(Appended at, LogRecord.Patch patch, PageVerifier verifier)
      throws IOException {
    RegionSpec geometry = geometry(patch.pageBytes());
    PageTable table = patch.table();
    ByteBuffer payload = log.readPayload(at);
    int base = payload.position();
    for (int row = 0; row < table.size(); row++) {
      PageEncoding encoding = table.encoding(row);
      if (!encoding.hasContent()) {
        continue;
      }
      long page = geometry.pageOf(patch.tract(), table.pageInTract(row));
      String wrong =
          verifier.check(
              patch.region(),
              page,
              patch.pageBytes(),
              encoding,
              table.checksum(row),
              payload,
              base + table.offset(row),
              table.length(row));
      if (!wrong.isEmpty()) {
        throw new CorruptionException(
            log.pathOf(at.payload()),
            at.payload().offset() + table.offset(row),
            "page " + page + " of region " + patch.region(),
            wrong);
      }
    }
  }

  private void verify(Appended at, LogRecord.Slim slim) throws IOException {
    int actual = SlimChecksum.of(slim.offset(), log.readPayload(at));
    if (actual != slim.checksum()) {
      throw new CorruptionException(
          log.pathOf(at.payload()),
          at.payload().offset(),
          "slim state with checksum %08x".formatted(slim.checksum()),
          "%08x".formatted(actual));
    }
  }

  /** A patch's header and page table, held against the manifest's row. */
  LogRecord.Patch patch(StagedRecords records, Manifest manifest, int number) throws IOException {
    Appended at = records.patches().get(number);
    PatchRow row = manifest.patches().get(number);
    LogRecord read = record(at);
    if (read instanceof LogRecord.Patch patch
        && patch.key().equals(records.key())
        && patch.number() == number
        && patch.region() == row.region()
        && patch.tract() == row.tract()
        && patch.table().size() == row.pages()) {
      return patch;
    }
    throw unexpected(at, "patch %d of %s".formatted(number, records.key()), read);
  }

  LogRecord.Slim slim(StagedRecords records, int number) throws IOException {
    Appended at = records.slims().get(number);
    LogRecord read = record(at);
    if (read instanceof LogRecord.Slim slim
        && slim.key().equals(records.key())
        && slim.number() == number) {
      return slim;
    }
    throw unexpected(at, "slim chunk %d of %s".formatted(number, records.key()), read);
  }

  private CorruptionException unexpected(Appended at, String expected, LogRecord read) {
    return new CorruptionException(
        log.pathOf(at.record()), at.record().offset(), expected, read.kind() + " of " + read.key());
  }

  /** Page numbers depend on the page size alone. */
  private static RegionSpec geometry(int pageBytes) {
    return new RegionSpec("any", RegionKind.OTHER, pageBytes, pageBytes);
  }
}
