package io.hydrant.client;

/**
 * Bounds of what one client keeps in memory or in flight.
 *
 * @param sendBytes encoded checkpoint bytes handed to the network and not yet written to it, per
 *     protection stream; writers block above it. One batch (1 MiB) more may be on its way.
 * @param fetchBytes page content asked for and not yet answered, per page fetcher; fetches block
 *     above it
 * @param messageBytesMax largest message accepted from a server
 */
public record Budgets(int sendBytes, int fetchBytes, int messageBytesMax) {
  /** A message of the server holds at most 1 MiB of content, or one page of at most 2 MiB. */
  private static final int MESSAGE_BYTES_MIN = 3 << 20;

  private static final int SEND_BYTES_MIN = 32 << 10;

  private static final int FETCH_BYTES_MIN = 2 << 20;

  public static final Budgets DEFAULT = new Budgets(4 << 20, 64 << 20, 4 << 20);

  public Budgets {
    atLeast("sendBytes", sendBytes, SEND_BYTES_MIN);
    atLeast("fetchBytes", fetchBytes, FETCH_BYTES_MIN);
    atLeast("messageBytesMax", messageBytesMax, MESSAGE_BYTES_MIN);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "budget '%s' must be at least %,d bytes, not %,d".formatted(name, least, value));
    }
  }
}
