package io.hydrant.bench.flip;

import io.grpc.ManagedChannel;
import io.hydrant.v1.ScrubFinding;
import io.hydrant.v1.ScrubRequest;
import io.hydrant.v1.ScrubServiceGrpc;
import io.hydrant.v1.ScrubStatus;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One pass over one server, as {@code hydrant scrub} asks for it.
 *
 * @param seconds that it took
 */
record ScrubPass(ScrubStatus status, double seconds) {
  private static final long PASS_SECONDS_MAX = 3_600;

  static ScrubPass run(ManagedChannel server) throws IOException {
    long began = System.nanoTime();
    ScrubStatus last = last(server, true);
    if (last.getRunning() || found(last) != last.getFindingsCount()) {
      throw new IOException("the scrub did not tell all: " + last);
    }
    return new ScrubPass(last, (System.nanoTime() - began) / 1e9);
  }

  /** What has become of the findings by now. */
  static List<ScrubFinding> findingsNow(ManagedChannel server) {
    return last(server, false).getFindingsList();
  }

  private static ScrubStatus last(ManagedChannel server, boolean start) {
    Iterator<ScrubStatus> told =
        ScrubServiceGrpc.newBlockingStub(server)
            .withDeadlineAfter(PASS_SECONDS_MAX, TimeUnit.SECONDS)
            .scrub(ScrubRequest.newBuilder().setStart(start).build());
    ScrubStatus last = told.next();
    while (told.hasNext()) {
      last = told.next();
    }
    return last;
  }

  private static long found(ScrubStatus status) {
    return status.getBadPageCount() + status.getBadSegmentPartCount();
  }

  List<ScrubFinding> findings() {
    return status.getFindingsList();
  }
}
