package io.hydrant.client;

import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.RestoreServiceGrpc;
import java.io.IOException;
import java.util.List;

/**
 * Reads ranges to a sink, on the caller's thread; after a broken connection goes on behind the last
 * page that was handed out, so that none comes twice.
 */
final class PrefetchReader {
  private static final MethodDescriptor<PrefetchRequest, Pages> METHOD =
      AliasingMarshaller.answers(RestoreServiceGrpc.getPrefetchMethod(), Pages.parser());

  private final SessionSource source;
  private final PrefetchOptions options;
  private final RangeCursor cursor;
  private final PageSink sink;

  PrefetchReader(
      SessionSource source, List<PageRange> ranges, PrefetchOptions options, PageSink sink) {
    this.source = source;
    this.options = options;
    this.cursor = new RangeCursor(ranges);
    this.sink = sink;
  }

  void read() throws IOException {
    StreamRetries retries =
        new StreamRetries(source.connections(), source.name() + ": prefetching");
    PageVerifier verifier = source.verifiers().take();
    try {
      while (!cursor.isAtEnd()) {
        try {
          readOnce(verifier, retries);
          return;
        } catch (StatusRuntimeException e) {
          retries.broken(e);
        }
      }
    } finally {
      source.verifiers().giveBack(verifier);
    }
  }

  private void readOnce(PageVerifier verifier, StreamRetries retries) throws IOException {
    boolean skipping = options.emptyPages() == PrefetchOptions.EmptyPages.SKIP;
    PrefetchRequest request =
        PrefetchRequest.newBuilder()
            .setToken(source.token())
            .setReadClass(options.readClass())
            .addAllRange(cursor.rest())
            .setSkipZero(skipping)
            .build();
    try (ServerStream<PrefetchRequest, Pages> stream =
        new ServerStream<>(retries.member().bulk(), METHOD, request)) {
      for (Pages pages = retries.next(stream); pages != null; pages = retries.next(stream)) {
        deliver(verifier, pages, skipping);
      }
    }
    if (!skipping && !cursor.isAtEnd()) {
      throw new ProtocolViolationException(
          source.name() + ": the server ended a prefetch before its last page", null);
    }
  }

  private void deliver(PageVerifier verifier, Pages pages, boolean skipping) throws IOException {
    int region = pages.getRegion();
    PageDelivery.deliver(
        source,
        verifier,
        pages,
        sink,
        page -> {
          boolean next = skipping ? cursor.skipTo(region, page) : cursor.take(region, page);
          if (!next) {
            throw new ProtocolViolationException(
                "%s: the server sent page %d of region %d, which is not the next one asked for"
                    .formatted(source.name(), page, region),
                null);
          }
        });
  }
}
