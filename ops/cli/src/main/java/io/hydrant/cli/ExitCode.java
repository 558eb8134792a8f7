package io.hydrant.cli;

/**
 * What the process answers to its caller. Stable: scripts depend on the numbers. Documented in
 * docs/cli.md.
 */
public enum ExitCode {
  OK(0, "done"),
  UNEXPECTED(1, "a defect of Hydrant, or something nobody foresaw"),
  USAGE(2, "the command line is wrong"),
  NOT_FOUND(3, "no such image, checkpoint, region or session"),
  REFUSED(4, "the server or the command refuses: name taken, pinned, stale epoch, target exists"),
  UNAVAILABLE(
      5, "the server cannot be reached, is overloaded or did not answer in time: try again"),
  UNKNOWN_OUTCOME(6, "the commit may or may not have happened: look at `hydrant checkpoint list`"),
  DISK_FULL(7, "the store's device is nearly full"),
  QUOTA_EXCEEDED(8, "the image takes its whole quota: `hydrant df`, `hydrant image set-quota`"),
  DAMAGED(65, "bytes fail their check: stored pages, or a result that is not what it must be"),
  BAD_INPUT(66, "an input file is missing, malformed or does not fit"),
  HALTED(70, "the server halted itself after a fault, which its log names; or the build failed"),
  LOCAL_IO(74, "reading or writing a local file failed"),
  CONFIGURATION(78, "the server cannot start with this configuration, address or data directory"),
  INTERRUPTED(130, "stopped by Ctrl-C");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  public int code() {
    return code;
  }

  public String meaning() {
    return meaning;
  }
}
