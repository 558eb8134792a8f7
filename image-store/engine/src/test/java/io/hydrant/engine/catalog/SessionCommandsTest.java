package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.LEASE;
import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SessionCommandsTest {
  private final CatalogScript script = new CatalogScript();
  private final ImageId vm = script.owned("vm", 1);

  @Test
  void pinsTheHeadAtThisPlaceInTheLog() {
    script.refused(Rejection.UNKNOWN_CHECKPOINT, new Command.Pin(vm, Optional.empty(), LEASE));
    script.full(vm);
    Outcome.Pinned pinned = script.pinHead(vm);
    assertEquals(
        new Outcome.Pinned(new SessionId(script.index()), new CheckpointKey(vm, cp(1)), LEASE),
        pinned);
    script.increment(vm);
    assertEquals(cp(2), script.pinHead(vm).key().checkpoint());
    assertEquals(
        Optional.of(new SessionInfo(pinned.session(), vm, cp(1), LEASE, 0, RequestId.NONE)),
        script.catalog.session(pinned.session()));
    assertEquals(2, script.image(vm).sessions().size());
  }

  @Test
  void pinsOnlyWhatIsRetained() {
    script.full(vm);
    script.abort(vm, script.openOn(vm, cp(1)));
    script.increment(vm);
    script.retire(vm, cp(1));
    CheckpointId open = script.openOn(vm, cp(3));
    script.refused(Rejection.RETIRED, pin(cp(1)));
    script.refused(Rejection.NOT_COMMITTED, pin(cp(2)));
    script.refused(Rejection.NOT_COMMITTED, pin(open));
    script.refused(Rejection.UNKNOWN_CHECKPOINT, pin(cp(5)));
    script.refused(
        Rejection.UNKNOWN_IMAGE, new Command.Pin(new ImageId(9), Optional.empty(), LEASE));
    assertEquals(cp(3), script.pin(vm, cp(3)).key().checkpoint());
  }

  @Test
  void aRepeatedPinGetsItsFirstAnswer() {
    script.full(vm);
    Outcome.Pinned first = script.as(request(1)).pinHead(vm);
    script.increment(vm);
    assertEquals(first, script.as(request(1)).pinHead(vm));
    assertNotEquals(first, script.as(request(2)).pinHead(vm));
    assertNotEquals(script.pinHead(vm), script.pinHead(vm));
    ImageId other = script.owned("other", 1);
    script.full(other);
    assertNotEquals(first, script.as(request(1)).pinHead(other), "requests are per image");
  }

  @Test
  void boundsTheLease() {
    script.full(vm);
    for (int bad : new int[] {999, 3_600_001, 0, -1}) {
      script.refused(Rejection.INVALID, new Command.Pin(vm, Optional.empty(), bad));
    }
    script.apply(new Command.Pin(vm, Optional.empty(), 1_000));
    script.apply(new Command.Pin(vm, Optional.empty(), 3_600_000));
    assertEquals(2, script.image(vm).sessions().size());
  }

  @Test
  void boundsTheNumberOfSessions() {
    script.full(vm);
    for (int i = 0; i < CatalogLimits.SESSIONS_PER_IMAGE_MAX; i++) {
      script.as(request(i)).pinHead(vm);
    }
    script.refused(Rejection.LIMIT_EXCEEDED, pin(cp(1)));
    SessionId first = script.as(request(0)).pinHead(vm).session();
    script.unpin(first);
    script.pinHead(vm);
  }

  @Test
  void expiryFailsAgainstANewerRenewal() {
    script.full(vm);
    SessionId session = script.pinHead(vm).session();
    assertEquals(new Outcome.Renewed(LEASE), script.apply(new Command.Renew(session)));
    script.apply(new Command.Renew(session));
    assertEquals(2, script.catalog.session(session).orElseThrow().renewals());
    Outcome.Rejected rejected =
        script.refused(Rejection.INVALID, new Command.Unpin(session, Optional.of(1L)));
    assertTrue(rejected.message().contains("renewed since"), rejected.message());
    assertEquals(new Outcome.Unpinned(), script.apply(new Command.Unpin(session, Optional.of(2L))));
    script.refused(Rejection.UNKNOWN_SESSION, new Command.Unpin(session, Optional.of(2L)));
    script.refused(Rejection.UNKNOWN_SESSION, new Command.Renew(session));
    assertEquals(Optional.empty(), script.catalog.session(session));
  }

  @Test
  void theOwnerEndsASessionWhateverItsRenewals() {
    script.full(vm);
    SessionId session = script.pinHead(vm).session();
    script.apply(new Command.Renew(session));
    script.unpin(session);
    assertEquals(List.of(), script.effects());
  }

  private Command.Pin pin(CheckpointId id) {
    return new Command.Pin(vm, Optional.of(id), LEASE);
  }
}
