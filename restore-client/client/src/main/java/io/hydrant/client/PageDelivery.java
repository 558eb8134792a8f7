package io.hydrant.client;

import io.hydrant.v1.Pages;
import java.io.IOException;
import java.util.function.LongConsumer;

/** Hands the pages of a message to a sink, each of them checked, consecutive ones together. */
final class PageDelivery {
  private PageDelivery() {}

  /**
   * @param expected throws if a page is not one that was asked for
   */
  static void deliver(
      SessionSource source,
      PageVerifier verifier,
      Pages pages,
      PageSink sink,
      LongConsumer expected)
      throws IOException {
    int region = pages.getRegion();
    if (region < 0 || region >= source.regions().size()) {
      throw new ProtocolViolationException(
          "%s: the server sent pages of region %d, which it does not have"
              .formatted(source.name(), region),
          null);
    }
    RunJoiner runs = new RunJoiner(sink, region, source.region(region).getPageBytes());
    verifier.check(
        source.name(),
        pages,
        region,
        source.region(region),
        new PageVerifier.Rows() {
          @Override
          public void expect(int row, long page) {
            expected.accept(page);
          }

          @Override
          public void content(long page, byte[] array, int offset) throws IOException {
            runs.content(page, array, offset);
          }

          @Override
          public void zero(long page) throws IOException {
            runs.without(PageOutcome.ZERO, page);
          }

          @Override
          public void notKept(long page) throws IOException {
            runs.without(PageOutcome.NOT_KEPT, page);
          }
        });
    runs.flush();
  }
}
