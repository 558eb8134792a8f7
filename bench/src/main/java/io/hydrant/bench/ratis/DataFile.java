package io.hydrant.bench.ratis;

import io.hydrant.bench.bare.RecycledFile;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/**
 * A state machine whose data is appended to a recycled file, written by one thread in the order of
 * the log and synced when Ratis asks. The entries of the log itself hold eight bytes each.
 *
 * <p>The leader keeps what it wrote until both followers have it: they are fed from memory.
 */
final class DataFile extends BaseStateMachine {
  private static final int LOG_DATA_BYTES = 8;

  private final RecycledFile file;
  private final DataCache cache = new DataCache();
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("data-file").daemon().factory());
  private volatile @Nullable DivisionInfo division;

  DataFile(RecycledFile file) {
    this.file = file;
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
      throws IOException {
    super.initialize(server, group, storage);
    getLifeCycle().startAndTransition(() -> {});
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    // Never a slice of the request: the log's cache would keep all of it.
    return TransactionContext.newBuilder()
        .setStateMachine(this)
        .setServerRole(RaftPeerRole.LEADER)
        .setClientRequest(request)
        .setLogData(ByteString.copyFrom(new byte[LOG_DATA_BYTES]))
        .setStateMachineData(request.getMessage().getContent())
        .build();
  }

  @Override
  public CompletableFuture<?> write(LogEntryProto entry, TransactionContext context) {
    ByteString data = entry.getStateMachineLogEntry().getStateMachineEntry().getStateMachineData();
    DivisionInfo info = division();
    if (info != null && info.isLeader()) {
      cache.put(entry.getIndex(), data);
      cache.dropBelow(lowest(info.getFollowerNextIndices()));
    }
    return CompletableFuture.runAsync(() -> append(data), writer);
  }

  private static long lowest(long[] indices) {
    long lowest = Long.MAX_VALUE;
    for (long index : indices) {
      lowest = Math.min(lowest, index);
    }
    return indices.length == 0 ? RaftLog.LEAST_VALID_LOG_INDEX : lowest;
  }

  private @Nullable DivisionInfo division() {
    if (division == null && getServer().isDone()) {
      try {
        division = getServer().join().getDivision(getGroupId()).getInfo();
      } catch (IOException e) {
        return null;
      }
    }
    return division;
  }

  private void append(ByteString data) {
    try {
      file.write(data.asReadOnlyByteBuffer());
    } catch (IOException e) {
      throw new IllegalStateException("the recycled file cannot be written", e);
    }
  }

  @Override
  public CompletableFuture<ByteString> read(LogEntryProto entry, TransactionContext context) {
    ByteString data = cache.get(entry.getIndex());
    return data == null
        ? CompletableFuture.failedFuture(
            new IOException("entry " + entry.getIndex() + " is in nobody's memory any more"))
        : CompletableFuture.completedFuture(data);
  }

  @Override
  public CompletableFuture<Void> flush(long logIndex) {
    // One writer thread: everything up to the index was written before this runs.
    return CompletableFuture.runAsync(this::sync, writer);
  }

  private void sync() {
    try {
      file.sync();
    } catch (IOException e) {
      throw new IllegalStateException("the recycled file cannot be synced", e);
    }
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto entry = transaction.getLogEntry();
    updateLastAppliedTermIndex(TermIndex.valueOf(entry));
    return CompletableFuture.completedFuture(
        Message.valueOf(UnsafeByteOperations.unsafeWrap(new byte[0])));
  }

  @Override
  public void close() {
    writer.shutdownNow();
  }
}
