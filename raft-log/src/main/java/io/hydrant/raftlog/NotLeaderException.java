package io.hydrant.raftlog;

/** This replica does not lead: nothing was appended. */
public final class NotLeaderException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String leaderId;

  /**
   * @param leaderId who leads as far as known, or empty
   */
  public NotLeaderException(String leaderId) {
    super(leaderId.isEmpty() ? "no leader is known" : "the leader is " + leaderId);
    this.leaderId = leaderId;
  }

  public String leaderId() {
    return leaderId;
  }
}
