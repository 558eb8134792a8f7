package io.hydrant.cli.output;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A progress bar with rate and time to go, which appears only when a task takes longer than two
 * seconds.
 */
public final class Progress implements AutoCloseable {
  private static final long APPEARS_AFTER_NANOS = Duration.ofSeconds(2).toNanos();
  private static final int REFRESH_MILLIS = 200;
  private static final int WIDTH = 100;
  private static final long MEBIBYTE = 1 << 20;

  private final @Nullable PrintStream target;
  private final String task;
  private final long bytesTotal;
  private final long startNanos = System.nanoTime();
  private final AtomicLong bytesDone = new AtomicLong();
  private volatile @Nullable ProgressBar bar;

  /**
   * @param target null: nothing is shown
   * @param bytesTotal 0 or less: not known
   */
  Progress(@Nullable PrintStream target, String task, long bytesTotal) {
    this.target = target;
    this.task = task;
    this.bytesTotal = bytesTotal;
  }

  /** Any thread. */
  public void add(long bytes) {
    long done = bytesDone.addAndGet(bytes);
    if (target == null) {
      return;
    }
    ProgressBar shown = bar;
    if (shown != null) {
      shown.stepTo(done);
    } else if (System.nanoTime() - startNanos > APPEARS_AFTER_NANOS) {
      appear(target);
    }
  }

  private synchronized void appear(PrintStream stream) {
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(bytesTotal > 0 ? bytesTotal : -1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUnit(" MiB", MEBIBYTE)
              .setUpdateIntervalMillis(REFRESH_MILLIS)
              .setConsumer(new ConsoleProgressBarConsumer(stream, WIDTH))
              .showSpeed()
              .startsFrom(bytesDone.get(), Duration.ofNanos(System.nanoTime() - startNanos))
              .clearDisplayOnFinish()
              .build();
    }
  }

  @Override
  public synchronized void close() {
    ProgressBar shown = bar;
    if (shown != null) {
      shown.close();
    }
  }
}
