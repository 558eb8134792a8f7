package io.hydrant.node.replication;

/** An entry of the log that this program does not fully understand: the node must stop. */
public final class UnreadableEntryException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableEntryException(String what) {
    super(message(what));
  }

  UnreadableEntryException(String what, Throwable cause) {
    super(message(what), cause);
  }

  private static String message(String what) {
    return "cannot read an entry of the replicated log: "
        + what
        + ". It is never skipped: run the Hydrant version that wrote it, or a newer one";
  }
}
