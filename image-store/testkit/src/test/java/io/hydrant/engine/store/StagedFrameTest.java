package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.testkit.store.CheckpointScript;
import io.hydrant.testkit.store.StoreFixture;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Reading staged steps back while their checkpoint ends. */
class StagedFrameTest {
  private final StoreFixture fixture = StoreFixture.withPages(3_000);

  StagedFrameTest() throws Exception {}

  private CheckpointScript durable(long seed) throws Exception {
    CheckpointScript script = fixture.full();
    for (int page = 0; page < 100; page += 20) {
      script.raw(seed, page, page + 19);
    }
    fixture.replica().await(script.staged().durable(5));
    return script;
  }

  private void abort(CheckpointScript script) throws Exception {
    fixture.submit(new Command.Abort(script.key(), Optional.of(fixture.epoch())));
  }

  /** Whoever had the receiver in hand when its id was aborted: the segment goes to others. */
  @Test
  void aStepOfWhatWasDroppedIsNotThere() throws Exception {
    CheckpointScript script = durable(70_000);
    StagingSession session = (StagingSession) script.staged();
    assertTrue(session.frame(1).isPresent());
    abort(script);
    for (int round = 0; round < 4; round++) {
      abort(durable(round));
      fixture.snapshot();
    }
    assertEquals(Optional.empty(), session.frame(1));
  }
}
