package io.hydrant.testkit.files;

/**
 * What was asked of a simulated disk since it was made.
 *
 * @param calls all calls to files and directories, closing ones aside
 * @param reads calls that read bytes
 * @param writes calls that wrote bytes
 * @param syncs of files and directories
 */
public record DiskCounters(
    long calls, long reads, long readBytes, long writes, long writtenBytes, long syncs) {
  static final DiskCounters ZERO = new DiskCounters(0, 0, 0, 0, 0, 0);

  DiskCounters call() {
    return new DiskCounters(calls + 1, reads, readBytes, writes, writtenBytes, syncs);
  }

  DiskCounters read(long bytes) {
    return new DiskCounters(calls, reads + 1, readBytes + bytes, writes, writtenBytes, syncs);
  }

  DiskCounters write(long bytes) {
    return new DiskCounters(calls, reads, readBytes, writes + 1, writtenBytes + bytes, syncs);
  }

  DiskCounters sync() {
    return new DiskCounters(calls, reads, readBytes, writes, writtenBytes, syncs + 1);
  }
}
