package io.hydrant.node;

import com.google.protobuf.ByteString;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Region;
import io.hydrant.v1.SlimChunk;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;

/** Makes the messages of one checkpoint of one region, and keeps its digest as a protector does. */
public final class Draft {
  public static final int PAGE_BYTES = 4096;

  private final RegionSpec region;
  private final CheckpointDigest digest = new CheckpointDigest();
  private final PageChecksum checksum = new PageChecksum();
  private long batches;
  private long pages;
  private int[] slimChecksums = {};
  private long slimBytes;

  public Draft(int pageCount) {
    region = new RegionSpec("ram", RegionKind.MEMORY, PAGE_BYTES, (long) pageCount * PAGE_BYTES);
  }

  /** The region table's only row. */
  public static Region region(int pageCount) {
    return Region.newBuilder()
        .setName("ram")
        .setKind(io.hydrant.v1.RegionKind.REGION_KIND_MEMORY)
        .setPageBytes(PAGE_BYTES)
        .setLengthBytes((long) pageCount * PAGE_BYTES)
        .build();
  }

  /** Content of a page that anybody can make again. */
  public static byte[] content(long seed, long page) {
    byte[] bytes = new byte[PAGE_BYTES];
    new Random(seed * 1_000_003 + page).nextBytes(bytes);
    return bytes;
  }

  /** A batch of raw pages. */
  public Pages raw(long seed, long... numbers) {
    Pages.Builder batch = Pages.newBuilder();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    byte[] encodings = new byte[numbers.length];
    for (long page : numbers) {
      byte[] content = content(seed, page);
      batch.addPage(page).addChecksum(checksum.of(0, page, content, 0, content.length));
      data.writeBytes(content);
    }
    return note(
        batch
            .setEncoding(ByteString.copyFrom(encodings))
            .setData(ByteString.copyFrom(data.toByteArray()))
            .build());
  }

  /** A batch of pages known to be zero. */
  public Pages zero(long firstPage, int count) {
    Pages.Builder batch = Pages.newBuilder();
    byte[] encodings = new byte[count];
    Arrays.fill(encodings, (byte) PageEncoding.ZERO.code());
    for (int i = 0; i < count; i++) {
      batch.addPage(firstPage + i).addChecksum(0);
    }
    return note(batch.setEncoding(ByteString.copyFrom(encodings)).build());
  }

  private Pages note(Pages batch) {
    int count = batch.getPageCount();
    short[] inTract = new short[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    for (int row = 0; row < count; row++) {
      inTract[row] = (short) region.pageInTract(batch.getPage(row));
      lengths[row] = batch.getEncoding().byteAt(row) == 0 ? PAGE_BYTES : 0;
      checksums[row] = batch.getChecksum(row);
    }
    PageTable table = new PageTable(inTract, batch.getEncoding().toByteArray(), lengths, checksums);
    digest.patch(0, region, region.tractOf(batch.getPage(0)), table);
    batches++;
    pages += count;
    return batch;
  }

  /** The next chunk of the slim state. */
  public SlimChunk slim(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(12)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put("slim".getBytes(StandardCharsets.US_ASCII))
            .putLong(slimBytes)
            .flip());
    crc.update(bytes);
    int sum = (int) crc.getValue();
    slimChecksums = Arrays.copyOf(slimChecksums, slimChecksums.length + 1);
    slimChecksums[slimChecksums.length - 1] = sum;
    SlimChunk chunk =
        SlimChunk.newBuilder()
            .setOffset(slimBytes)
            .setChecksum(sum)
            .setData(ByteString.copyFrom(bytes))
            .build();
    slimBytes += bytes.length;
    return chunk;
  }

  /** What the commit claims; ends the draft. */
  public CommitCheckpoint commit() {
    return CommitCheckpoint.newBuilder()
        .setBatchCount(batches)
        .setPageCount(pages)
        .setSlimBytes(slimBytes)
        .setDigest(ByteString.copyFrom(digest.finish(slimBytes, slimChecksums).toBytes()))
        .build();
  }
}
