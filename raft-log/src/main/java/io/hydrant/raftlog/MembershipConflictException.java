package io.hydrant.raftlog;

/** The members are not the expected ones, or a change is under way: nothing was changed. */
public final class MembershipConflictException extends Exception {
  private static final long serialVersionUID = 1L;

  public MembershipConflictException(String message) {
    super(message);
  }
}
