package io.hydrant.chaos;

import io.hydrant.chaos.load.Tally;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** Tells how far a run is, how fast it goes and how long it takes still, until it is closed. */
final class Progress implements AutoCloseable {
  private static final int BAR_WIDTH = 20;
  private static final Duration REDRAWN = Duration.ofSeconds(1);

  /** Where no line can be drawn anew: at most so many of them, and not more often than this. */
  private static final int LINES_MAX = 120;

  private static final Duration LINE_MIN = Duration.ofSeconds(10);

  /** The rate is over so long, or since the last look if that is longer ago. */
  private static final long RATE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Screen screen;
  private final Tally tally;
  private final Duration whole;
  private final long beganNanos = System.nanoTime();
  private final Deque<Look> looks = new ArrayDeque<>();
  private final Thread thread;

  private record Look(long nanos, long acknowledged) {}

  private Progress(Screen screen, Tally tally, Duration whole) {
    this.screen = screen;
    this.tally = tally;
    this.whole = whole;
    this.thread = Thread.ofPlatform().name("progress").daemon().unstarted(this::run);
  }

  /**
   * @param whole how long faults go on from now
   */
  static Progress start(Screen screen, Tally tally, Duration whole) {
    Progress progress = new Progress(screen, tally, whole);
    progress.looks.add(new Look(progress.beganNanos, 0));
    progress.thread.start();
    return progress;
  }

  private void run() {
    Duration line = whole.dividedBy(LINES_MAX);
    Duration pause = screen.isTerminal() ? REDRAWN : line.compareTo(LINE_MIN) > 0 ? line : LINE_MIN;
    try {
      while (true) {
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        screen.status(text(System.nanoTime()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String text(long nowNanos) {
    Look now = new Look(nowNanos, tally.counted(Tally.ACKNOWLEDGED));
    while (looks.size() > 1 && nowNanos - looks.getFirst().nanos() > RATE_NANOS) {
      looks.removeFirst();
    }
    Look then = looks.getFirst();
    looks.addLast(now);
    return line(
        Duration.ofNanos(nowNanos - beganNanos),
        whole,
        (now.acknowledged() - then.acknowledged()) * 1e9 / (now.nanos() - then.nanos()),
        tally);
  }

  /** For instance "[#####...............] 25 % 15:00, 45:00 to go; 21.4 checkpoints/s ...". */
  static String line(Duration done, Duration whole, double rate, Tally tally) {
    double share = Math.min(1, (double) done.toMillis() / Math.max(1, whole.toMillis()));
    int filled = (int) (BAR_WIDTH * share);
    Duration left = whole.minus(done);
    return "[%s%s] %3d %%  %s, %s; %.1f checkpoints/s, %d acknowledged, %d images restored, %d faults, longest gap %.1f s, %d violations"
        .formatted(
            "#".repeat(filled),
            ".".repeat(BAR_WIDTH - filled),
            (int) (100 * share),
            clock(done),
            left.isPositive() ? clock(left) + " to go" : "the last fault heals",
            rate,
            tally.counted(Tally.ACKNOWLEDGED),
            tally.counted(Tally.RESTORED),
            tally.faults(),
            tally.longestGapSeconds(),
            tally.violations().size());
  }

  private static String clock(Duration time) {
    long seconds = time.toSeconds();
    return seconds < 3_600
        ? "%d:%02d".formatted(seconds / 60, seconds % 60)
        : "%d:%02d:%02d".formatted(seconds / 3_600, seconds / 60 % 60, seconds % 60);
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
    screen.status("");
  }
}
