package io.hydrant.client;

import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What is needed to send one attempt once more under a new leader: its open and all that followed,
 * until its outcome is known or the stream's budget is used up. Guarded by the lock of the {@link
 * WriteCall}, except {@link #copy} and {@link #isPossible}.
 */
final class CheckpointReplay {
  private final OpenCheckpoint open;
  private final Semaphore room;
  private final List<WriteCheckpointRequest> messages = new ArrayList<>();
  private int heldBytes;
  private volatile boolean possible;

  /**
   * @param open its base by id, or none where the base is another attempt
   * @param room bytes that the stream may still keep; none: nothing is kept
   */
  CheckpointReplay(OpenCheckpoint open, Semaphore room) {
    this.open = open;
    this.room = room;
    this.possible = room.availablePermits() > 0;
  }

  /** Whether everything is there that was sent so far. */
  boolean isPossible() {
    return possible;
  }

  OpenCheckpoint.Builder open() {
    return open.toBuilder();
  }

  /** For {@link #add}; null if nothing is kept any more. The caller's buffers are its own again. */
  @Nullable WriteCheckpointRequest copy(WriteCheckpointRequest request) {
    if (!possible || !request.hasBatch()) {
      return possible ? request : null; // only batches alias a caller's array
    }
    Pages batch = request.getBatch();
    byte[] data = batch.getData().toByteArray();
    return request.toBuilder()
        .setBatch(batch.toBuilder().setData(UnsafeByteOperations.unsafeWrap(data)))
        .build();
  }

  void add(@Nullable WriteCheckpointRequest copy) {
    if (copy == null || !possible) {
      return;
    }
    int bytes = copy.getSerializedSize();
    if (room.tryAcquire(bytes)) {
      heldBytes += bytes;
      messages.add(copy);
    } else {
      drop();
    }
  }

  /** A message in the order sent; null behind the last. */
  @Nullable WriteCheckpointRequest message(int position) {
    return position < messages.size() ? messages.get(position) : null;
  }

  /** Gives the memory back. */
  void drop() {
    possible = false;
    messages.clear();
    room.release(heldBytes);
    heldBytes = 0;
  }
}
