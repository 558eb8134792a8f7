package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MailboxTest {
  private final ArrayDeque<Runnable> pool = new ArrayDeque<>();
  private final List<String> done = new ArrayList<>();
  private final Mailbox mailbox = new Mailbox(pool::add);

  private void runPool() {
    for (Runnable next = pool.poll(); next != null; next = pool.poll()) {
      next.run();
    }
  }

  @Test
  void oneTaskIsRunHereAndWhatComesMeanwhileByThePool() {
    mailbox.runHereOnly(() -> {
      mailbox.post(() -> done.add("second"));
      mailbox.runHereOnly(() -> done.add("third"));
      done.add("first");
    });
    assertEquals(List.of("first"), done);
    runPool();
    assertEquals(List.of("first", "second", "third"), done);
  }

  @Test
  void whatWaitsForThePoolIsNotOvertaken() {
    mailbox.post(() -> done.add("first"));
    mailbox.runHereOnly(() -> done.add("second"));
    assertEquals(List.of(), done);
    runPool();
    assertEquals(List.of("first", "second"), done);
  }

  @Test
  void aTaskThatThrowsHoldsNobodyUp() {
    assertThrows(
        IllegalStateException.class,
        () ->
            mailbox.runHereOnly(() -> {
              mailbox.post(() -> done.add("next"));
              throw new IllegalStateException();
            }));
    runPool();
    mailbox.runHereOnly(() -> done.add("later"));
    assertEquals(List.of("next", "later"), done);
  }
}
