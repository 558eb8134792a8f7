package io.hydrant.engine.repair;

/** Why a source did not give what it was asked for; costs no stack trace. */
public final class RepairRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  /** What to do about it. */
  public enum Kind {
    /** The source lacks it itself: ask another. */
    NOT_HERE,
    /** The source has it, and its bytes are bad: ask another. */
    DAMAGED,
    /**
     * The checkpoint is not retained any more at the source's applied index: apply up to there, and
     * ask anew what is lacking then.
     */
    GONE,
    /** The source has not applied the checkpoint's commit yet: ask another, or later. */
    BEHIND,
    /** The source has too much to do: ask another, or later. */
    OVERLOADED
  }

  private final Kind kind;
  private final long index;

  private RepairRefusal(Kind kind, long index, String message) {
    super(message, null, false, false);
    this.kind = kind;
    this.index = index;
  }

  public static RepairRefusal notHere(long index, String message) {
    return new RepairRefusal(Kind.NOT_HERE, index, message);
  }

  public static RepairRefusal damaged(long index, String message) {
    return new RepairRefusal(Kind.DAMAGED, index, message);
  }

  public static RepairRefusal gone(long index, String message) {
    return new RepairRefusal(Kind.GONE, index, message);
  }

  public static RepairRefusal behind(long index, String message) {
    return new RepairRefusal(Kind.BEHIND, index, message);
  }

  public static RepairRefusal overloaded(long index, String message) {
    return new RepairRefusal(Kind.OVERLOADED, index, message);
  }

  public Kind kind() {
    return kind;
  }

  /** Log index that the source had applied; what the peer protocol calls the gone index. */
  public long index() {
    return index;
  }
}
