package io.hydrant.pager.uffd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lines between a pager and its guard, some with descriptors:
 *
 * <pre>
 * pager   {...} with descriptors   keep this for my successor
 * guard   kept
 * pager   follow                   the one before was killed: what has it left?
 * guard   {...} with descriptors
 * pager   done                     nobody needs to follow me
 * </pre>
 */
record GuardLine(String text, List<Integer> descriptors) {
  static final String KEPT = "kept";
  static final String FOLLOW = "follow";
  static final String DONE = "done";
  private static final int BYTES_MAX = 1 << 20;

  static void send(int connection, String text, int... descriptors) throws IOException {
    UnixSocket.send(connection, (text + "\n").getBytes(StandardCharsets.UTF_8), descriptors);
  }

  /**
   * The next line.
   *
   * @return empty if the other one has ended
   * @throws IOException if it does not come in time, or makes no sense
   */
  static Optional<GuardLine> receive(int connection, Duration longest) throws IOException {
    long deadline = System.nanoTime() + longest.toNanos();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    List<Integer> descriptors = new ArrayList<>();
    try {
      while (true) {
        long left = Math.max(0, Duration.ofNanos(deadline - System.nanoTime()).toMillis());
        if (!Libc.poll(connection, Math.toIntExact(left))) {
          throw new IOException("no whole line came in " + longest);
        }
        UnixSocket.Part part = UnixSocket.receive(connection);
        descriptors.addAll(part.descriptors());
        bytes.writeBytes(part.bytes());
        if (part.lost() || bytes.size() > BYTES_MAX) {
          throw new IOException("a line that is too long, or descriptors that cannot be taken");
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        if (text.endsWith("\n")) {
          return Optional.of(new GuardLine(text.strip(), descriptors));
        }
        if (part.bytes().length == 0) {
          descriptors.forEach(Libc::close);
          return Optional.empty();
        }
      }
    } catch (IOException | RuntimeException e) {
      descriptors.forEach(Libc::close);
      throw e;
    }
  }
}
