package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import java.nio.ByteBuffer;

/** What a batch must be before it is appended: it fits its region, and every page its checksum. */
final class BatchRules {
  /** The batch bound of the API; a single page may be larger. */
  static final int BATCH_BYTES_MAX = 1 << 20;

  private final CheckpointKey key;
  private final PageVerifier verifier;

  BatchRules(CheckpointKey key, PageVerifier verifier) {
    this.key = key;
    this.verifier = verifier;
  }

  void verify(int region, RegionSpec spec, int tract, PageTable table, ByteBuffer payload)
      throws Refusal {
    ByteBuffer bytes = payload.duplicate();
    int base = payload.position();
    for (int row = 0; row < table.size(); row++) {
      PageEncoding encoding = table.encoding(row);
      if (!encoding.hasContent()) {
        continue;
      }
      long page = spec.pageOf(tract, table.pageInTract(row));
      String wrong =
          verifier.check(
              region,
              page,
              spec.pageBytes(),
              encoding,
              table.checksum(row),
              bytes,
              base + table.offset(row),
              table.length(row));
      if (!wrong.isEmpty()) {
        throw new Refusal(
            Rejection.BAD_CHECKSUM,
            "%s: page %d of region '%s' was damaged on its way: %s; send the checkpoint again"
                .formatted(key, page, spec.name(), wrong));
      }
    }
  }

  void requireFits(
      int number, int region, RegionSpec spec, int tract, PageTable table, ByteBuffer payload)
      throws Refusal {
    if (table.size() == 0 || payload.remaining() != table.payloadBytes()) {
      throw invalid(
          "batch %d has %d pages and %d bytes where its lengths add up to %d"
              .formatted(number, table.size(), payload.remaining(), table.payloadBytes()));
    }
    if ((long) table.size() * spec.pageBytes() > Math.max(BATCH_BYTES_MAX, spec.pageBytes())) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "%s: batch %d holds %d pages of %d bytes; at most %d bytes of pages go into a batch"
              .formatted(key, number, table.size(), spec.pageBytes(), BATCH_BYTES_MAX));
    }
    if (tract < 0
        || tract >= spec.tracts()
        || table.pageInTract(table.size() - 1) >= spec.pagesOfTract(tract)) {
      throw invalid(
          "page %d is beyond region '%s' (%d pages)"
              .formatted(
                  spec.pageOf(tract, table.pageInTract(table.size() - 1)),
                  spec.name(),
                  spec.pages()));
    }
    requireLengths(region, spec, tract, table);
  }

  private void requireLengths(int region, RegionSpec spec, int tract, PageTable table)
      throws Refusal {
    for (int row = 0; row < table.size(); row++) {
      int length = table.length(row);
      boolean fits =
          switch (table.encoding(row)) {
            case RAW -> length == spec.pageBytes();
            case ZSTD -> length < spec.pageBytes();
            case ZERO, NOT_KEPT -> table.checksum(row) == 0;
          };
      if (!fits) {
        throw invalid(
            "page %d of region %d: %d bytes (checksum %08x) do not fit encoding %s at page size %d"
                .formatted(
                    spec.pageOf(tract, table.pageInTract(row)),
                    region,
                    length,
                    table.checksum(row),
                    table.encoding(row),
                    spec.pageBytes()));
      }
    }
  }

  private Refusal invalid(String what) {
    return new Refusal(Rejection.INVALID, key + ": " + what);
  }
}
