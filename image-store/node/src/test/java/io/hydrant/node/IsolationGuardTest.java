package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.node.replication.NotLeadingException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class IsolationGuardTest {
  @Test
  void proposesNothingWhileItsGroupRefusesIt() {
    FakeProposals log = new FakeProposals(new Catalog());
    AtomicBoolean isolated = new AtomicBoolean(true);
    IsolationGuard guard = new IsolationGuard(log, isolated::get);
    Command command = new Command.CreateImage("vm", 2);
    assertFalse(guard.leads());
    assertInstanceOf(NotLeadingException.class, guard.propose(command).exceptionNow());
    assertInstanceOf(NotLeadingException.class, guard.current().exceptionNow());
    assertEquals(List.of(), log.take());
    isolated.set(false);
    assertTrue(guard.leads());
    assertTrue(guard.propose(command).isDone());
    assertEquals(List.of(command), log.take());
  }
}
