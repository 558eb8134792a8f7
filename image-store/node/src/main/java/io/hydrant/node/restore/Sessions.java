package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;

/** From a token to what may be read with it. */
final class Sessions {
  private final Catalog catalog;
  private final Reading reading;

  Sessions(Catalog catalog, Reading reading) {
    this.catalog = catalog;
    this.reading = reading;
  }

  /**
   * @throws Refusal BEHIND, UNKNOWN_SESSION, NOT_HERE
   */
  ReadPoint readPoint(ByteString token) throws Refusal {
    SessionToken decoded = SessionToken.decode(token);
    requireApplied(decoded);
    ReadPoint point = reading.readPoint(decoded.session());
    if (!point.session().image().equals(decoded.key().image())
        || !point.session().checkpoint().equals(decoded.key().checkpoint())) {
      throw ended();
    }
    return point;
  }

  /** The session of a token, which must be applied here and not have ended. */
  SessionId live(ByteString token) throws Refusal {
    SessionToken decoded = SessionToken.decode(token);
    requireApplied(decoded);
    requireLive(decoded.session());
    return decoded.session();
  }

  private void requireApplied(SessionToken token) throws Refusal {
    if (catalog.applied().index() < token.pinIndex()) {
      throw new Refusal(
          Rejection.BEHIND,
          "this replica has applied entry %d, the session begins at %d: wait, or ask another"
              .formatted(catalog.applied().index(), token.pinIndex()));
    }
  }

  /**
   * To be asked after reading and before answering: while the session is in the catalog nothing
   * that it reads can have been retired, so what was read is the checkpoint and no mix (PROTOCOL
   * R19).
   */
  void requireLive(SessionId session) throws Refusal {
    if (catalog.session(session).isEmpty()) {
      throw ended();
    }
  }

  private static Refusal ended() {
    return new Refusal(
        Rejection.UNKNOWN_SESSION, "the restore session has ended or expired: open a new one");
  }
}
