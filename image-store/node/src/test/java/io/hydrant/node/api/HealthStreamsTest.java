package io.hydrant.node.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.v1.Health;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HealthStreamsTest {
  private long millis;
  private Health health = Health.newBuilder().addReasons("a").build();
  private final HealthStreams streams = new HealthStreams(() -> health, () -> millis * 1_000_000);

  /** Hears everything, while it is ready. */
  private static final class Watcher extends ServerCallStreamObserver<Health> {
    private final List<String> heard = new ArrayList<>();
    private boolean ready = true;
    private Runnable onCancel = () -> {};

    @Override
    public void onNext(Health value) {
      heard.add(String.join(" ", value.getReasonsList()));
    }

    @Override
    public void onError(Throwable failure) {
      heard.add("failed");
    }

    @Override
    public void onCompleted() {
      heard.add("ended");
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      onCancel = handler;
    }

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}
  }

  private void become(String reason, long afterMillis) {
    health = Health.newBuilder().addReasons(reason).build();
    millis += afterMillis;
    streams.step();
  }

  @Test
  void tellsAtOnceAndThenWhatChangedOnceASecond() {
    Watcher watcher = new Watcher();
    streams.add(watcher);
    become("a", 2_000);
    become("b", 2_000);
    become("c", 300);
    become("d", 300);
    become("e", 400);
    assertEquals(List.of("a", "b", "e"), watcher.heard);
    streams.close();
    assertEquals("ended", watcher.heard.getLast());
  }

  @Test
  void whoReadsSlowlyGetsTheNewest() {
    Watcher watcher = new Watcher();
    streams.add(watcher);
    watcher.ready = false;
    become("b", 2_000);
    become("c", 2_000);
    watcher.ready = true;
    become("d", 2_000);
    assertEquals(List.of("a", "d"), watcher.heard);
  }

  @Test
  void theyAreBounded() {
    List<Watcher> watchers = new ArrayList<>();
    for (int i = 0; i <= HealthStreams.WATCHERS_MAX; i++) {
      watchers.add(new Watcher());
      streams.add(watchers.getLast());
    }
    assertEquals(List.of("failed"), watchers.getLast().heard);
    watchers.getFirst().onCancel.run();
    assertEquals(HealthStreams.WATCHERS_MAX - 1, streams.size());
    Watcher next = new Watcher();
    streams.add(next);
    assertEquals(List.of("a"), next.heard);
    streams.close();
    Watcher late = new Watcher();
    streams.add(late);
    assertEquals(List.of("failed"), late.heard);
    assertTrue(streams.size() == 0);
  }
}
