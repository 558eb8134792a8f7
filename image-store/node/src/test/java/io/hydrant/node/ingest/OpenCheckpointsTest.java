package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class OpenCheckpointsTest {
  private static final CheckpointKey KEY = new CheckpointKey(new ImageId(1), new CheckpointId(1));

  private final AtomicLong nanos = new AtomicLong();
  private final OpenCheckpoints open = new OpenCheckpoints(nanos::get);

  @Test
  void onlyACheckpointWithoutItsStreamIsSilent() {
    OpenCheckpoints.Live live = open.begin(KEY);
    nanos.set(1_000);
    assertEquals(0, open.silentNanos(KEY));
    live.detach();
    nanos.set(1_500);
    assertEquals(500, open.silentNanos(KEY));
    open.restart();
    assertEquals(0, open.silentNanos(KEY));
  }
}
