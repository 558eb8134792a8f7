package io.hydrant.node.peer;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.SlimSummary;
import io.hydrant.engine.repair.TractSummary;
import io.hydrant.engine.store.TractHoles;
import io.hydrant.engine.store.TractSet;
import io.hydrant.peer.v1.CheckpointRun;
import io.hydrant.peer.v1.FetchListRequest;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.peer.v1.TractBits;
import io.hydrant.peer.v1.TractPart;
import io.hydrant.v1.Reason;
import java.util.BitSet;
import java.util.List;

/** What replicas ask of each other to repair, to and from the wire. */
final class RepairMessages {
  private RepairMessages() {}

  static FetchListRequest listRequest(CheckpointKey asOf, TractSet only) {
    FetchListRequest.Builder request =
        FetchListRequest.newBuilder()
            .setImage(asOf.image().value())
            .setCheckpoint(asOf.checkpoint().value());
    if (only.isAll()) {
      return request.build();
    }
    for (int region = 0; region < only.regions(); region++) {
      BitSet bits = new BitSet();
      int tract = only.next(region, 0);
      while (tract >= 0) {
        bits.set(tract);
        tract = only.next(region, tract + 1);
      }
      if (!bits.isEmpty()) {
        request.addOnly(TractBits.newBuilder().setRegion(region).setTract(bytes(bits)));
      }
    }
    return request.setSlim(only.hasSlim()).build();
  }

  static TractSet only(FetchListRequest request) {
    if (request.getOnlyCount() == 0 && !request.getSlim()) {
      return TractSet.ALL;
    }
    TractSet only = request.getSlim() ? TractSet.NONE.plusSlim() : TractSet.NONE;
    for (TractBits bits : request.getOnlyList()) {
      BitSet tracts = bits(bits.getTract());
      int first = tracts.nextSetBit(0);
      while (first >= 0) {
        int end = tracts.nextClearBit(first);
        only = only.plus(bits.getRegion(), first, end - first);
        first = tracts.nextSetBit(end);
      }
    }
    return only;
  }

  static ByteString bytes(BitSet bits) {
    return UnsafeByteOperations.unsafeWrap(bits.toByteArray());
  }

  static BitSet bits(ByteString bytes) {
    return BitSet.valueOf(bytes.asReadOnlyByteBuffer());
  }

  static io.hydrant.peer.v1.TractSummary summary(TractSummary tract) {
    return io.hydrant.peer.v1.TractSummary.newBuilder()
        .setRegion(tract.region())
        .setTract(tract.tract())
        .setLastChange(tract.lastChange())
        .setDigest(UnsafeByteOperations.unsafeWrap(tract.digest().toBytes()))
        .setBytes(tract.bytes())
        .setHere(!tract.isPart())
        .addAllMissing(runs(tract.holes()))
        .build();
  }

  static TractSummary summary(io.hydrant.peer.v1.TractSummary tract) {
    return new TractSummary(
        tract.getRegion(),
        tract.getTract(),
        tract.getLastChange(),
        Digest.of(tract.getDigest().toByteArray()),
        tract.getBytes(),
        holes(tract.getMissingList()));
  }

  static List<CheckpointRun> runs(TractHoles holes) {
    return holes.missing().stream()
        .map(run -> CheckpointRun.newBuilder().setFirst(run.first()).setLast(run.last()).build())
        .toList();
  }

  /**
   * @throws IllegalArgumentException if one is no run of ids
   */
  static TractHoles holes(List<CheckpointRun> runs) {
    return TractHoles.of(
        runs.stream().map(run -> new TractHoles.Run(run.getFirst(), run.getLast())).toList());
  }

  static io.hydrant.peer.v1.SlimSummary summary(SlimSummary slim) {
    return io.hydrant.peer.v1.SlimSummary.newBuilder()
        .setBytes(slim.bytes())
        .addAllChecksum(slim.checksums())
        .setHere(true)
        .build();
  }

  static SlimSummary summary(io.hydrant.peer.v1.SlimSummary slim) {
    return new SlimSummary(slim.getBytes(), slim.getChecksumList());
  }

  /** The rows, for the first part of a tract. */
  static TractPart.Builder rows(TractRows rows) {
    PageTable table = rows.table();
    TractPart.Builder part = TractPart.newBuilder();
    byte[] encodings = new byte[rows.size()];
    for (int row = 0; row < rows.size(); row++) {
      encodings[row] = (byte) table.encodingCode(row);
      part.addPageInTract(table.pageInTract(row))
          .addVersion(rows.version(row))
          .addLength(table.length(row))
          .addChecksum(table.checksum(row));
    }
    if (rows.zeroVersion() != 0) {
      part.addZeroTractVersion(rows.zeroVersion());
    }
    return part.setEncoding(UnsafeByteOperations.unsafeWrap(encodings));
  }

  /**
   * The rows of the first part of a tract.
   *
   * @throws IllegalArgumentException if they make no sense
   */
  static TractRows rows(TractPart part) {
    int count = part.getPageInTractCount();
    if (part.getVersionCount() != count
        || part.getLengthCount() != count
        || part.getChecksumCount() != count
        || part.getEncoding().size() != count
        || part.getZeroTractVersionCount() > 1) {
      throw new IllegalArgumentException("columns of a tract differ in length");
    }
    short[] pages = new short[count];
    long[] versions = new long[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    for (int row = 0; row < count; row++) {
      pages[row] = (short) part.getPageInTract(row);
      if (pages[row] != part.getPageInTract(row)) {
        throw new IllegalArgumentException("page " + part.getPageInTract(row) + " of a tract");
      }
      versions[row] = part.getVersion(row);
      lengths[row] = part.getLength(row);
      checksums[row] = part.getChecksum(row);
    }
    return new TractRows(
        new PageTable(pages, part.getEncoding().toByteArray(), lengths, checksums),
        versions,
        part.getZeroTractVersionCount() == 0 ? 0 : part.getZeroTractVersion(0));
  }

  static Refusal refusal(RepairRefusal refusal) {
    return Refusal.newBuilder()
        .setReason(reason(refusal.kind()))
        .setMessage(String.valueOf(refusal.getMessage()))
        .build();
  }

  static Reason reason(RepairRefusal.Kind kind) {
    return switch (kind) {
      case NOT_HERE -> Reason.REASON_NOT_HERE;
      case DAMAGED -> Reason.REASON_DAMAGED;
      case GONE -> Reason.REASON_RETIRED;
      case BEHIND -> Reason.REASON_BEHIND;
      case OVERLOADED -> Reason.REASON_OVERLOADED;
    };
  }

  /**
   * @param index log index that the source had applied
   */
  static RepairRefusal refused(Reason reason, String message, long index) {
    return switch (reason) {
      case REASON_DAMAGED -> RepairRefusal.damaged(index, message);
      case REASON_RETIRED -> RepairRefusal.gone(index, message);
      case REASON_BEHIND -> RepairRefusal.behind(index, message);
      case REASON_OVERLOADED -> RepairRefusal.overloaded(index, message);
      default -> RepairRefusal.notHere(index, message);
    };
  }

  /** Tracts of one message of a list: some ten kilobytes. */
  static final int LISTED_AT_ONCE = 256;

  /** Lists may have any number of parts. */
  static List<List<TractSummary>> parts(List<TractSummary> tracts) {
    List<List<TractSummary>> parts = new java.util.ArrayList<>();
    for (int from = 0; from < tracts.size(); from += LISTED_AT_ONCE) {
      parts.add(tracts.subList(from, Math.min(tracts.size(), from + LISTED_AT_ONCE)));
    }
    return parts;
  }
}
