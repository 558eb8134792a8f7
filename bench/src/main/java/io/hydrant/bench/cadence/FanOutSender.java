package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.fanout.FanOutStream;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A guest's checkpoints through a bare fan-out: the messages that the client library would send,
 * made ahead, so that this end computes nothing.
 */
public final class FanOutSender implements CheckpointSender {
  private final FanOutStream stream;
  private final List<List<WriteCheckpointRequest>> checkpoints = new ArrayList<>();
  private List<WriteCheckpointRequest> opened = List.of();

  public FanOutSender(GuestStream guest, FanOutStream stream) {
    this.stream = stream;
    for (int number = 0; number < guest.distinct(); number++) {
      checkpoints.add(messages(guest, number));
    }
  }

  private static List<WriteCheckpointRequest> messages(GuestStream guest, long number) {
    PageSet pages = guest.pages(number);
    List<WriteCheckpointRequest> messages =
        new ArrayList<>(
            guest.isCompressible()
                ? PageMessages.encodedBatches(pages)
                : PageMessages.batches(pages));
    messages.addAll(PageMessages.slim(guest.slim(number)));
    return messages;
  }

  @Override
  public void open(long number) {
    opened = checkpoints.get((int) (number % checkpoints.size()));
  }

  @Override
  public CompletableFuture<Long> send() throws InterruptedException, ExecutionException {
    return stream.send(opened);
  }

  @Override
  public void end() {
    opened = List.of();
  }
}
