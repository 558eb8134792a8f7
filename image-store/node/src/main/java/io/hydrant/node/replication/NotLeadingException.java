package io.hydrant.node.replication;

import java.util.Optional;

/** This replica does not lead: nothing was proposed. */
public final class NotLeadingException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String address;

  /**
   * @param leader name of the one that leads as far as known, or empty
   * @param address HOST:PORT at which clients reach it
   */
  public NotLeadingException(String leader, Optional<String> address) {
    super(
        leader.isEmpty()
            ? "no leader is known"
            : "the leader is " + leader + address.map(at -> " at " + at).orElse(""));
    this.address = address.orElse("");
  }

  /** Where to ask. */
  public Optional<String> leaderAddress() {
    return address.isEmpty() ? Optional.empty() : Optional.of(address);
  }
}
