package io.hydrant.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel accounts to a process.
 *
 * @param cpuSeconds user and system time, from /proc/PID/stat
 * @param writeBytes bytes that the process caused to be sent to the storage layer (write_bytes of
 *     /proc/PID/io): a page dirtied anew after each writeback counts again
 * @param readBytes bytes fetched from the storage layer (read_bytes); 0 where the page cache had
 *     all
 */
public record ProcessAccounts(double cpuSeconds, long writeBytes, long readBytes) {
  /** USER_HZ: the unit of times in /proc, 100 on every architecture that Linux supports today. */
  private static final double TICKS_PER_SECOND = 100;

  private static final int FIELDS_BEFORE_STATE = 2;
  private static final int USER_TICKS_FIELD = 13;
  private static final int CHILD_USER_TICKS_FIELD = 15;

  /** Of a process that runs. */
  public static ProcessAccounts of(long pid) throws IOException {
    Path directory = Path.of("/proc", Long.toString(pid));
    return parse(
        Files.readString(directory.resolve("stat")),
        Files.readString(directory.resolve("io")),
        USER_TICKS_FIELD);
  }

  /** Of this process. */
  public static ProcessAccounts ofSelf() throws IOException {
    return of(ProcessHandle.current().pid());
  }

  /**
   * Of a process that has ended, from the accounts of the parent that waited for it: the kernel
   * adds both time and I/O of a child to its parent when it is reaped.
   */
  static ProcessAccounts ofReaped(String parentStat, String parentIo) {
    return parse(parentStat, parentIo, CHILD_USER_TICKS_FIELD);
  }

  private static ProcessAccounts parse(String stat, String io, int userTicksField) {
    // The second field is the command in parentheses and may hold spaces.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).trim().split(" ");
    int user = userTicksField - FIELDS_BEFORE_STATE;
    double cpuSeconds =
        (Long.parseLong(fields[user]) + Long.parseLong(fields[user + 1])) / TICKS_PER_SECOND;
    return new ProcessAccounts(cpuSeconds, field(io, "write_bytes"), field(io, "read_bytes"));
  }

  /** What came on top since an earlier reading of the same process. */
  public ProcessAccounts since(ProcessAccounts earlier) {
    return new ProcessAccounts(
        cpuSeconds - earlier.cpuSeconds,
        writeBytes - earlier.writeBytes,
        readBytes - earlier.readBytes);
  }

  /** Of several processes together. */
  public ProcessAccounts plus(ProcessAccounts other) {
    return new ProcessAccounts(
        cpuSeconds + other.cpuSeconds, writeBytes + other.writeBytes, readBytes + other.readBytes);
  }

  /** CPU seconds per 10^9 bytes. */
  public double cpuSecondsPerGigabyte(long bytes) {
    return cpuSeconds / (bytes / 1e9);
  }

  /** Peak resident set (VmHWM) of a process that runs, in bytes. */
  public static long peakResidentBytes(long pid) throws IOException {
    return 1024 * statusKib(pid, "VmHWM");
  }

  private static long statusKib(long pid, String name) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    return field(Files.readString(status).replace(" kB", ""), name);
  }

  private static long field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> Long.parseLong(line.substring(name.length() + 1).trim()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("/proc has no field " + name));
  }
}
