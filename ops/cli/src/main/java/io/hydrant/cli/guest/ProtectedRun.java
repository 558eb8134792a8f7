package io.hydrant.cli.guest;

import io.hydrant.cli.Answers;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.Regions;
import io.hydrant.client.WriteOptions;
import io.hydrant.pager.uffd.NativeMemory;
import io.hydrant.v1.Image;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.function.LongConsumer;

/** A sample machine that runs and is protected: it stands still while a checkpoint is taken. */
public final class ProtectedRun {
  private static final int REGION = 0;
  private static final int KEEP_LAST = 16;

  private final HydrantClient client;
  private final String image;
  private final long memoryBytes;
  private final int stepsEach;
  private final Duration interval;

  /**
   * @param image is made
   * @param stepsEach between two checkpoints
   * @param interval between the beginnings of two checkpoints, at least
   */
  public ProtectedRun(
      HydrantClient client, String image, long memoryBytes, int stepsEach, Duration interval) {
    this.client = client;
    this.image = image;
    this.memoryBytes = memoryBytes;
    this.stepsEach = stepsEach;
    this.interval = interval;
  }

  /**
   * Runs until its process is ended.
   *
   * @param committed hears the number of each checkpoint
   * @throws IOException if a page is not what it must be
   */
  public void run(LongConsumer committed) throws IOException, InterruptedException {
    Image made = client.createImage(image, KEEP_LAST);
    try (NativeMemory memory = NativeMemory.allocate(memoryBytes);
        ProtectionStream stream =
            client.protect(
                client.acquireProtection(HydrantClient.uid(made.getUid()), made.getEpoch()),
                WriteOptions.DEFAULT)) {
      SampleMachine machine = new SampleMachine(memory.asSegment());
      long head = commit(machine, stream.openFull(regions()), true);
      committed.accept(head);
      while (true) {
        long due = System.nanoTime() + interval.toNanos();
        for (int step = 0; step < stepsEach; step++) {
          if (!machine.step()) {
            throw new IOException("the machine's memory is wrong at step " + machine.steps());
          }
        }
        head = commit(machine, stream.openIncremental(head), false);
        committed.accept(head);
        Thread.sleep(Math.max(0, Duration.ofNanos(due - System.nanoTime()).toMillis()));
      }
    }
  }

  private java.util.List<io.hydrant.v1.Region> regions() {
    return java.util.List.of(Regions.memory("ram", memoryBytes));
  }

  private long commit(SampleMachine machine, CheckpointWriter writer, boolean full)
      throws InterruptedException {
    try (writer) {
      BitSet dirty = machine.takeDirty();
      for (int page = dirty.nextSetBit(0); page >= 0; page = dirty.nextSetBit(page + 1)) {
        writer.page(REGION, page, machine.page(page));
      }
      if (full) {
        writer.zero(REGION, 0, machine.pages());
      }
      writer.slim(machine.slim());
      CommittedCheckpoint committed = Answers.await(writer.commit());
      return committed.id();
    }
  }
}
