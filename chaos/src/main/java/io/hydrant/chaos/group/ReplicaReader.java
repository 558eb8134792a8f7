package io.hydrant.chaos.group;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.client.PageChecksum;
import io.hydrant.client.PageSink;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.ReadSlimRequest;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.SlimPart;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** Reads an image from one replica alone, which the client library would never do. */
public final class ReplicaReader {
  private static final Metadata.Key<String> REASON =
      Metadata.Key.of("hydrant-reason", Metadata.ASCII_STRING_MARSHALLER);

  private static final byte RAW = 0;
  private static final byte ZERO = 1;
  private static final byte ZSTD = 2;
  private static final long BEHIND_PAUSE_MILLIS = 50;

  private final Member member;
  private final long deadlineSeconds;

  public ReplicaReader(Member member, long deadlineSeconds) {
    this.member = member;
    this.deadlineSeconds = deadlineSeconds;
  }

  /** A replica that says that it lacks the bytes, or has them damaged. */
  public static final class NotHereException extends Exception {
    private static final long serialVersionUID = 1L;

    NotHereException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Reads all pages of region 0.
   *
   * @return the slim state
   * @throws StatusRuntimeException any other refusal
   */
  public byte[] read(OpenRestoreResponse session, PageSink sink)
      throws IOException, InterruptedException, NotHereException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(deadlineSeconds);
    while (true) {
      try {
        pages(session, sink);
        return slim(session);
      } catch (StatusRuntimeException e) {
        String reason = reason(e);
        if (reason.equals("REASON_NOT_HERE") || reason.equals("REASON_DAMAGED")) {
          throw new NotHereException(member.name() + ": " + e.getMessage(), e);
        }
        if (!reason.equals("REASON_BEHIND") || System.nanoTime() > deadline) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(BEHIND_PAUSE_MILLIS);
      }
    }
  }

  private static String reason(StatusRuntimeException failure) {
    Metadata trailers = Status.trailersFromThrowable(failure);
    String reason = trailers == null ? null : trailers.get(REASON);
    return reason == null ? "" : reason;
  }

  private RestoreServiceGrpc.RestoreServiceBlockingStub stub() {
    return RestoreServiceGrpc.newBlockingStub(member.channel())
        .withDeadlineAfter(deadlineSeconds, TimeUnit.SECONDS);
  }

  private void pages(OpenRestoreResponse session, PageSink sink) throws IOException {
    int pageBytes = session.getCheckpoint().getRegions(0).getPageBytes();
    long count = session.getCheckpoint().getRegions(0).getLengthBytes() / pageBytes;
    PrefetchRequest request =
        PrefetchRequest.newBuilder()
            .setToken(session.getToken())
            .setReadClass(ReadClass.READ_CLASS_PREFETCH)
            .addRange(PageRange.newBuilder().setPageCount(count))
            .build();
    long read = 0;
    PageChecksum checksum = new PageChecksum();
    for (Iterator<Pages> parts = stub().prefetch(request); parts.hasNext(); ) {
      read += part(parts.next(), pageBytes, checksum, sink);
    }
    if (read != count) {
      throw new IOException(
          "%s gave %d pages of %d and no error".formatted(member.name(), read, count));
    }
  }

  private long part(Pages part, int pageBytes, PageChecksum checksum, PageSink sink)
      throws IOException {
    int at = 0;
    for (int row = 0; row < part.getPageCount(); row++) {
      byte encoding = part.getEncoding().byteAt(row);
      int length =
          part.getLengthCount() > 0 ? part.getLength(row) : encoding == RAW ? pageBytes : 0;
      if (encoding != ZERO) {
        byte[] page = decoded(encoding, part.getData().substring(at, at + length), pageBytes);
        int sum = checksum.of(part.getRegion(), part.getPage(row), ByteBuffer.wrap(page));
        if (sum != part.getChecksum(row)) {
          throw new IOException(
              "%s gave page %d with bytes that fail its checksum"
                  .formatted(member.name(), part.getPage(row)));
        }
        sink.found(part.getRegion(), part.getPage(row), ByteBuffer.wrap(page));
      }
      at += length;
    }
    return part.getPageCount();
  }

  private byte[] decoded(byte encoding, ByteString data, int pageBytes) throws IOException {
    return switch (encoding) {
      case RAW -> data.toByteArray();
      case ZSTD -> Zstd.decompress(data.toByteArray(), pageBytes);
      default ->
          throw new IOException(
              "%s gave a page with encoding %d, which nobody sent"
                  .formatted(member.name(), encoding));
    };
  }

  private byte[] slim(OpenRestoreResponse session) {
    ByteArrayOutputStream slim = new ByteArrayOutputStream();
    Iterator<SlimPart> parts =
        stub().readSlim(ReadSlimRequest.newBuilder().setToken(session.getToken()).build());
    while (parts.hasNext()) {
      slim.writeBytes(parts.next().getData().toByteArray());
    }
    return slim.toByteArray();
  }
}
