package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.brim.BrimRun;
import io.hydrant.bench.brim.BrimTarget;
import io.hydrant.bench.brim.GroupOfThree;
import io.hydrant.bench.brim.MemoryDisk;
import io.hydrant.bench.brim.OneServer;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.StoreGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Disks that are filled to the brim under load, and come back without a restart. */
public final class Brim implements Scenario {
  /** Room for what is admitted, beside the images themselves: new checkpoints want 64 MiB. */
  private static final int ROOM_PARTS = 16;

  private static final int RESERVE_SEGMENTS = 8;
  private static final String MEMORY_DISK = "memory-disk";

  @Override
  public String name() {
    return "brim";
  }

  @Override
  public String purpose() {
    return "disks filled to the brim under load: clear refusals, no loss, back without a restart";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long capacity = lab.scale().pick(2L << 30, 768L << 20, 320L << 20);
    long segment = lab.scale().pick(16L << 20, 8L << 20, 4L << 20);
    BrimRun.Sizes sizes =
        new BrimRun.Sizes(
            lab.scale().pick(4, 4, 3),
            lab.scale().pick(64L << 20, 32L << 20, 16L << 20),
            lab.scale().pick(2_560, 1_024, 512),
            RESERVE_SEGMENTS * segment);
    List<String> common =
        List.of(
            "storage.segment-bytes=" + segment,
            "storage.append-buffer-bytes=3m",
            "storage.reserve-bytes=" + sizes.reserveBytes(),
            "cleaning.low-room-bytes=" + capacity / ROOM_PARTS,
            "cleaning.bytes-per-second=1g");
    List<String> capped = new ArrayList<>(common);
    capped.add("storage.capacity-bytes=" + capacity);
    Report.Builder report =
        Report.builder()
            .setting("capacity_bytes", capacity)
            .setting("segment_bytes", segment)
            .setting("reserve_bytes", sizes.reserveBytes())
            .setting("images", sizes.images())
            .setting("image_bytes", sizes.imageBytes())
            .setting("increment_pages", sizes.incrementPages())
            .setting("seed", lab.options().seed());
    try (OneServer one = new OneServer(lab, "capped", Optional.empty(), capped)) {
      fill(lab, report, "one server", one, sizes);
    }
    try (MemoryDisk disk = MemoryDisk.mount(lab.directory().resolve(MEMORY_DISK), capacity)) {
      try (OneServer one = new OneServer(lab, MEMORY_DISK + "/data", Optional.of(disk), common)) {
        fill(lab, report, "one server, a file system of its own", one, sizes);
      }
    } catch (MemoryDisk.NotHereException e) {
      lab.say("brim: without a file system of its own: %s", e);
      report.note("left out: a file system of its own: " + e);
    }
    try (StoreGroup group = lab.startGroup("group", capped)) {
      fill(lab, report, "group of three", new GroupOfThree(group), sizes);
    }
    return report
        .note(
            "a writer an image, flat out, every eighth checkpoint a full one, all kept; a reader restores the newest of all images but the first meanwhile, and compares every page")
        .note(
            "filled: every writer was refused last, and none was taken for 8 s; then the first image is deleted; filled again, the second keeps its last two only; filled once more, all servers get a SIGKILL")
        .note(
            "on the file system of its own somebody else's file takes three quarters of the reserve as well, for 15 s, when it is filled first")
        .note(
            "before the SIGKILL and after the new start every checkpoint that was acknowledged, and that retention keeps, is restored and compared")
        .build();
  }

  private static void fill(
      Lab lab, Report.Builder report, String who, BrimTarget target, BrimRun.Sizes sizes)
      throws Exception {
    lab.say("brim: %s", who);
    BrimRun.Result result = new BrimRun(lab, sizes).run(target);
    report
        .row(held(who + ": servers that ended by themselves", result.crashes(), Bar.exactly(0)))
        .row(held(who + ": checkpoints lost or wrong", result.wrong(), Bar.exactly(0)))
        .row(told(who + ": checkpoints restored and compared", result.checked()))
        .row(told(who + ": restores meanwhile", result.restores()))
        .row(held(who + ": refusals, DISK_FULL", result.diskFull(), Bar.atLeast(1)))
        .row(held(who + ": refusals without a message", result.withoutMessage(), Bar.exactly(0)));
    tell(report, who + ": writers that go on after an image was deleted", result.afterDeletion());
    tell(report, who + ": writers that go on after retention was lowered", result.afterRetention());
    report.note("%s: the first refusal: %s".formatted(who, result.message()));
    if (!result.otherRefusals().isEmpty()) {
      report.note("%s: refused for other reasons: %s".formatted(who, result.otherRefusals()));
    }
    result.failures().forEach(what -> report.note("%s: a writer saw: %s".formatted(who, what)));
    result.violations().forEach(what -> report.violation(who + ": " + what));
  }

  private static void tell(Report.Builder report, String what, BrimRun.Back back) {
    report
        .row(held(what, back.back(), Bar.exactly(back.writers())))
        .row(Row.told(what + ": until the last of them", Series.single("s", back.seconds())));
  }

  private static Row held(String name, double value, Bar bar) {
    return Row.held(name, Series.single("", value), bar);
  }

  private static Row told(String name, double value) {
    return Row.told(name, Series.single("", value));
  }
}
