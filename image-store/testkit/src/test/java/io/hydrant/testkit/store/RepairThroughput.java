package io.hydrant.testkit.store;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.testkit.index.MemoryPageIndex;
import io.hydrant.testkit.simulation.PageContents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast one store repairs another in one JVM: no test; run its {@code main} with a directory and
 * the number of MiB. Prints MB/s of fetching everything, and of proving it without a byte.
 */
final class RepairThroughput {
  private static final int PAGE_BYTES = 4 << 10;
  private static final int BATCH_PAGES = 256;
  private static final int THREADS = 2;

  private final ExecutorService background = Executors.newFixedThreadPool(2);
  private final RegionTable regions;
  private long index;

  private RepairThroughput(long megabytes) {
    regions =
        new RegionTable(
            List.of(new RegionSpec("ram", RegionKind.MEMORY, PAGE_BYTES, megabytes << 20)));
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    long megabytes = Long.parseLong(arguments[1]);
    new RepairThroughput(megabytes).run(directory, megabytes);
  }

  private void run(Path directory, long megabytes) throws Exception {
    ImageStore source = open(directory.resolve("source"));
    ImageStore target = open(directory.resolve("target"));
    CheckpointKey key = CheckpointKey.of(1, 1);
    apply(source, target, new Command.CreateImage("vm", 16));
    RequestId owner = new RequestId(new UUID(1, 1));
    apply(source, target, new Command.Acquire(new ImageId(1), Optional.empty(), owner));
    apply(
        source,
        target,
        new Command.Open(
            key.image(),
            new Epoch(1),
            CheckpointKind.FULL,
            Optional.empty(),
            Optional.of(regions)));
    Command.Content content = fill(source.staged(key, new Epoch(1)), megabytes);
    apply(source, target, new Command.Commit(key, new Epoch(1), content, List.of("source")));
    report("fetched", megabytes, repair(source, target));
    target.install(ahead(source));
    report("proven without a byte", megabytes, repair(source, target));
    source.close();
    target.close();
    background.shutdown();
  }

  /** The source's catalog, some entries later. */
  private byte[] ahead(ImageStore source) throws IOException {
    for (int i = 0; i < 3; i++) {
      index++;
      source.skip(new EntryPosition(1, index));
    }
    return source.frozenCatalog().encode();
  }

  private static void report(String what, long megabytes, long nanos) {
    double seconds = nanos / 1e9;
    System.out.printf(
        "%s: %d MiB in %.2f s, %.0f MB/s%n",
        what, megabytes, seconds, (megabytes << 20) / 1e6 / seconds);
  }

  private ImageStore open(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("segments"));
    Files.createDirectories(directory.resolve("catalogs"));
    return ImageStore.open(
        new ImageStoreConfig(
            new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, 3)),
            new SegmentLogConfig(64 << 20, 4 << 20, 0, 4),
            new ImageStoreConfig.HeapBounds(256 << 20, 64 << 20, Long.MAX_VALUE),
            new ImageStoreConfig.SnapshotBounds(1L << 30, 64 << 20, 1_000_000)),
        new ImageStorePorts(
            new JdkStoreFiles(directory.resolve("segments")),
            new JdkStoreFiles(directory.resolve("catalogs")),
            new MemoryPageIndex(() -> {}, () -> {}),
            new PageContents(),
            new SplittableRandom(1),
            background,
            background,
            background,
            () -> false,
            _ -> {}));
  }

  private void apply(ImageStore source, ImageStore target, Command command) throws IOException {
    EntryPosition position = new EntryPosition(1, ++index);
    Entry entry = new Entry(1_000, RequestId.NONE, new RequestId(new UUID(2, index)), command);
    Outcome outcome = source.apply(position, entry);
    if (outcome instanceof Outcome.Rejected) {
      throw new IllegalStateException(command + ": " + outcome);
    }
    target.apply(position, entry);
  }

  private Command.Content fill(StagedCheckpoint staged, long megabytes) throws Exception {
    RegionSpec spec = regions.get(0);
    CheckpointDigest digest = new CheckpointDigest();
    PageChecksum checksum = new PageChecksum();
    long pages = 0;
    long patches = 0;
    for (long first = 0; first < spec.pages(); first += BATCH_PAGES) {
      int count = BATCH_PAGES;
      ByteBuffer payload = ByteBuffer.allocateDirect(count * PAGE_BYTES);
      short[] numbers = new short[count];
      int[] lengths = new int[count];
      int[] checksums = new int[count];
      for (int row = 0; row < count; row++) {
        ByteBuffer page = PageContents.page(first + row + 1, PAGE_BYTES);
        numbers[row] = (short) spec.pageInTract(first + row);
        lengths[row] = PAGE_BYTES;
        checksums[row] = checksum.of(0, first + row, page.duplicate());
        payload.put(page);
      }
      PageTable table = new PageTable(numbers, new byte[count], lengths, checksums);
      staged.patch(0, spec.tractOf(first), table, payload.flip());
      digest.patch(0, spec, spec.tractOf(first), table);
      pages += count;
      patches++;
    }
    Command.Content content =
        new Command.Content(digest.finish(0, new int[0]), patches, pages, megabytes << 20, 0);
    return staged.finish(content).get();
  }

  private long repair(ImageStore source, ImageStore target) throws Exception {
    RepairSource local = new LocalRepairSource("source", source);
    RepairStep step =
        new RepairStep(
            target,
            new RepairStep.Surroundings() {
              @Override
              public List<RepairSource> sources(CheckpointKey asOf, RepairPlan.Urgency urgency) {
                return List.of(local);
              }

              @Override
              public Collection<InventoryView> others() {
                return List.of();
              }
            },
            _ -> true);
    long began = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(
            threads.submit(() -> {
              RepairStep.Outcome outcome;
              do {
                outcome = step.step().outcome();
                if (outcome == RepairStep.Outcome.WAITS) {
                  Thread.onSpinWait();
                }
              } while (outcome != RepairStep.Outcome.DONE);
              return null;
            }));
      }
      for (Future<Void> one : all) {
        one.get();
      }
    }
    if (!target.missing().lacks().isEmpty()) {
      throw new IllegalStateException("not everything was repaired");
    }
    return System.nanoTime() - began;
  }
}
