package io.hydrant.raftlog.ratis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/**
 * The log file that was being written when the last life of this replica ended. After a power cut
 * its tail may be torn: sectors of the last, never acknowledged batch may be missing. Ratis refuses
 * such a file; this cuts it.
 *
 * <pre>
 *   "RaftLog1" | record | record | ... | zeros up to the preallocated size
 *   record = length (unsigned LEB128) | entry (protobuf) | CRC32C of both (big endian)
 * </pre>
 *
 * A bad record is a torn one if a sector of it was never written (it is all zeros, or beyond the
 * end of the file): nothing behind it can have been synced either, since a sync covers all before
 * it, and a power cut may have kept later sectors of the same batch. If intact entries follow, the
 * sector must be whole and lie before them. Anything else is damage to what may have been
 * acknowledged, and is refused; so is a cut below what the state beside the log has applied. The
 * test by sectors is etcd's (wal/decoder.go).
 */
final class OpenSegment {
  private static final byte[] HEADER = "RaftLog1".getBytes(StandardCharsets.US_ASCII);

  /** What a disk writes at once. */
  private static final int SECTOR_BYTES = 512;

  private static final int CHECKSUM_BYTES = 4;

  /** A length above this has five bytes or more, and is above the largest entry. */
  private static final int LENGTH_BYTES_MAX = 4;

  /** Tags of the first two fields of an entry: term and index. */
  private static final byte TERM_TAG = 0x08;

  private static final byte INDEX_TAG = 0x10;

  private final Path file;
  private final long firstIndex;
  private final byte[] bytes;

  private OpenSegment(Path file, long firstIndex, byte[] bytes) {
    this.file = file;
    this.firstIndex = firstIndex;
    this.bytes = bytes;
  }

  /**
   * Checks every record and cuts a torn tail, durably.
   *
   * @param firstIndex index of the first entry, from the name of the file
   * @param restoredIndex index up to which entries are known to have been synced, since the state
   *     has applied them
   * @return what the file holds
   * @throws IOException if a record is damaged that may have been acknowledged
   */
  static Content recover(Path file, long firstIndex, long restoredIndex) throws IOException {
    OpenSegment segment = new OpenSegment(file, firstIndex, Files.readAllBytes(file));
    Content content = segment.scan(entry -> {});
    if (content.tornBytes() > 0) {
      segment.requireBehind(restoredIndex, content);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(content.validBytes());
        channel.force(true);
      }
    }
    return content;
  }

  /** Gives out the intact entries and leaves the file as it is; a closed one is read alike. */
  static Content read(Path file, long firstIndex, Entries entries) throws IOException {
    return new OpenSegment(file, firstIndex, Files.readAllBytes(file)).scan(entries);
  }

  /** Gets the encoded entries in order. */
  @FunctionalInterface
  interface Entries {
    void next(ByteBuffer entry) throws IOException;
  }

  /**
   * @param entries intact entries, from the start of the file
   * @param validBytes where the last of them ends
   * @param tornBytes bytes behind it that were cut off; 0 if there were only zeros
   */
  record Content(long entries, long validBytes, long tornBytes) {}

  private Content scan(Entries visitor) throws IOException {
    if (bytes.length < HEADER.length || isZero(0, HEADER.length)) {
      return new Content(0, 0, 0);
    }
    if (!Arrays.equals(bytes, 0, HEADER.length, HEADER, 0, HEADER.length)) {
      throw damaged(0, "the header is not that of a log file");
    }
    long entries = 0;
    int offset = HEADER.length;
    for (OptionalInt end = recordEnd(offset); end.isPresent(); end = recordEnd(offset)) {
      visitor.next(entry(offset, end.getAsInt()));
      offset = end.getAsInt();
      entries++;
    }
    if (isZero(offset, bytes.length)) {
      return new Content(entries, offset, 0);
    }
    requireTorn(offset, firstIndex + entries);
    return new Content(entries, offset, bytes.length - offset);
  }

  private ByteBuffer entry(int offset, int end) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, end - CHECKSUM_BYTES - offset);
    varint(buffer);
    return buffer.slice().asReadOnlyBuffer();
  }

  /** Where the record that begins at the offset ends, if it is intact. */
  private OptionalInt recordEnd(int offset) {
    int claimedEnd = claimedEnd(offset);
    if (claimedEnd < 0 || claimedEnd > bytes.length) {
      return OptionalInt.empty();
    }
    int checksumOffset = claimedEnd - CHECKSUM_BYTES;
    return checksum(offset, checksumOffset) == ByteBuffer.wrap(bytes).getInt(checksumOffset)
        ? OptionalInt.of(claimedEnd)
        : OptionalInt.empty();
  }

  /**
   * Where the record that begins at the offset says that it ends, or -1 if it says nothing
   * credible.
   */
  private int claimedEnd(int offset) {
    int length = 0;
    for (int i = 0; i < LENGTH_BYTES_MAX && offset + i < bytes.length; i++) {
      int piece = bytes[offset + i];
      length |= (piece & 0x7f) << (7 * i);
      if (piece >= 0) {
        boolean credible = length > 0 && length <= RaftSettings.ENTRY_BYTES_MAX;
        return credible ? offset + i + 1 + length + CHECKSUM_BYTES : -1;
      }
    }
    return -1;
  }

  private void requireBehind(long restoredIndex, Content content) throws IOException {
    long next = firstIndex + content.entries();
    if (next <= restoredIndex) {
      throw damaged(
          (int) content.validBytes(),
          "the entry " + next + " is not intact, but the state beside the log has applied it");
    }
  }

  private void requireTorn(int offset, long index) throws IOException {
    int claimedEnd = claimedEnd(offset);
    int following = nextIntactEntry(offset, index);
    if (following < bytes.length) {
      int end = claimedEnd > 0 ? Math.min(claimedEnd, following) : following;
      if (!hasWholeMissingSector(offset, end)) {
        throw damaged(offset, "the entry " + index + " is not intact, but later ones are");
      }
      return;
    }
    if (claimedEnd > bytes.length) {
      return;
    }
    // Without a credible end, the length itself may lie across a missing sector: look at this one
    // and the next.
    int end = claimedEnd > 0 ? claimedEnd : nextSector(nextSector(offset));
    if (!hasMissingSector(offset, Math.min(end, bytes.length))) {
      throw damaged(
          offset,
          "the entry "
              + index
              + (claimedEnd > 0
                  ? " has " + mismatch(offset, claimedEnd)
                  : " has no credible length"));
    }
  }

  /** Where the first intact entry behind the offset begins; the length of the file if none does. */
  private int nextIntactEntry(int offset, long index) {
    for (int start = offset + 1; start < bytes.length; start++) {
      if (looksLikeEntryBehind(start, index) && recordEnd(start).isPresent()) {
        return start;
      }
    }
    return bytes.length;
  }

  /** Cheap sieve before the checksum, which would be taken at every byte otherwise. */
  private boolean looksLikeEntryBehind(int start, long index) {
    int claimedEnd = claimedEnd(start);
    if (claimedEnd < 0 || claimedEnd > bytes.length) {
      return false;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, start, claimedEnd - start);
    varint(buffer);
    if (!buffer.hasRemaining() || buffer.get() != TERM_TAG) {
      return false;
    }
    varint(buffer);
    if (!buffer.hasRemaining() || buffer.get() != INDEX_TAG) {
      return false;
    }
    long found = varint(buffer);
    return found > index && found - index < bytes.length;
  }

  private static long varint(ByteBuffer buffer) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && buffer.hasRemaining(); shift += 7) {
      byte piece = buffer.get();
      value |= (piece & 0x7fL) << shift;
      if (piece >= 0) {
        break;
      }
    }
    return value;
  }

  private boolean hasMissingSector(int from, int to) {
    for (int start = from; start < to; start = nextSector(start)) {
      if (isZero(start, Math.min(nextSector(start), to))) {
        return true;
      }
    }
    return false;
  }

  /**
   * As {@link #hasMissingSector}, but a sector that goes on behind {@code to} must be zero there
   * too.
   */
  private boolean hasWholeMissingSector(int from, int to) {
    for (int start = from; start < to; start = nextSector(start)) {
      if (isZero(start, Math.min(nextSector(start), bytes.length))) {
        return true;
      }
    }
    return false;
  }

  private static int nextSector(int offset) {
    return (offset / SECTOR_BYTES + 1) * SECTOR_BYTES;
  }

  private boolean isZero(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private int checksum(int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }

  private String mismatch(int offset, int end) {
    int checksumOffset = end - CHECKSUM_BYTES;
    return "checksum expected %08x, actual %08x"
        .formatted(ByteBuffer.wrap(bytes).getInt(checksumOffset), checksum(offset, checksumOffset));
  }

  private IOException damaged(int offset, String what) {
    return new IOException(
        "raft log file "
            + file
            + " is damaged at byte "
            + offset
            + ": "
            + what
            + ". Acknowledged commands may be lost, so the replica does not start."
            + " Restore its directory from a copy; in a group of several, replace the replica.");
  }
}
