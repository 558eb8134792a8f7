package io.hydrant.node.peer;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairedTract;
import io.hydrant.engine.repair.SlimState;
import io.hydrant.engine.repair.SlimSummary;
import io.hydrant.engine.repair.TractList;
import io.hydrant.engine.repair.TractSummary;
import io.hydrant.engine.store.TractHoles;
import io.hydrant.engine.store.TractSet;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.ingest.HeapBytes;
import io.hydrant.peer.v1.FetchSlimRequest;
import io.hydrant.peer.v1.FetchTractRequest;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.TractListPart;
import io.hydrant.peer.v1.TractPart;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Another member, asked over its connection. Blocks; any thread. */
final class RemoteRepairSource implements RepairSource {
  /**
   * For the whole of a tract, a list or a slim state: beyond that the source is as good as gone.
   */
  private static final long CALL_SECONDS_MAX = 60;

  /** Rows of a tract are at most as many as its pages, and no page is larger than this. */
  private static final long TRACT_BYTES_MAX = 64L << 20;

  private final String node;
  private final Channel channel;
  private final Consumer<RemoteRepairSource> broke;

  /**
   * @param broke hears of a call that failed
   */
  RemoteRepairSource(String node, Channel channel, Consumer<RemoteRepairSource> broke) {
    this.node = node;
    this.channel = channel;
    this.broke = broke;
  }

  @Override
  public String node() {
    return node;
  }

  @Override
  public TractList list(CheckpointKey asOf, TractSet only) throws RepairRefusal, IOException {
    List<TractSummary> tracts = new ArrayList<>();
    List<TractSummary> some = new ArrayList<>();
    Optional<SlimSummary> slim = Optional.empty();
    long index = 0;
    Iterator<TractListPart> parts =
        call(PeerServiceGrpc.getFetchListMethod(), RepairMessages.listRequest(asOf, only));
    while (hasNext(parts)) {
      TractListPart part = parts.next();
      requireGiven(part.hasRefusal(), part.getRefusal(), part.getIndex());
      index = part.getIndex();
      try {
        for (io.hydrant.peer.v1.TractSummary tract : part.getTractList()) {
          if (tract.getHere()) {
            tracts.add(RepairMessages.summary(tract));
          } else if (tract.getMissingCount() > 0) {
            some.add(RepairMessages.summary(tract));
          }
        }
      } catch (IllegalArgumentException e) {
        throw nonsense(e);
      }
      if (part.hasSlim() && part.getSlim().getHere()) {
        slim = Optional.of(RepairMessages.summary(part.getSlim()));
      }
    }
    return new TractList(index, tracts, some, slim);
  }

  @Override
  public RepairedTract tract(CheckpointKey asOf, int region, int tract, BitSet have)
      throws RepairRefusal, IOException {
    return fetch(asOf, region, tract, have, false);
  }

  @Override
  public RepairedTract part(CheckpointKey asOf, int region, int tract, BitSet have)
      throws RepairRefusal, IOException {
    return fetch(asOf, region, tract, have, true);
  }

  private RepairedTract fetch(
      CheckpointKey asOf, int region, int tract, BitSet have, boolean orPart)
      throws RepairRefusal, IOException {
    Iterator<TractPart> parts =
        call(
            PeerMethods.FETCH_TRACT,
            FetchTractRequest.newBuilder()
                .setImage(asOf.image().value())
                .setCheckpoint(asOf.checkpoint().value())
                .setRegion(region)
                .setTract(tract)
                .setHave(RepairMessages.bytes(have))
                .setOrPart(orPart)
                .build());
    if (!hasNext(parts)) {
      throw new IOException(node + " gave nothing of " + asOf);
    }
    TractPart first = parts.next();
    requireGiven(first.hasRefusal(), first.getRefusal(), first.getIndex());
    try {
      TractRows rows = RepairMessages.rows(first);
      BitSet sent = RepairedTract.toSend(rows, have);
      ByteBuffer data = ByteBuffer.allocate(length(rows, sent));
      data.put(HeapBytes.of(first.getData()));
      while (hasNext(parts)) {
        data.put(HeapBytes.of(parts.next().getData()));
      }
      TractHoles holes = RepairMessages.holes(first.getMissingList());
      return new RepairedTract(
          asOf, region, tract, first.getIndex(), rows, sent, data.flip(), holes);
    } catch (IllegalArgumentException | java.nio.BufferOverflowException e) {
      throw nonsense(e);
    }
  }

  private static int length(TractRows rows, BitSet sent) {
    long bytes = 0;
    for (int row = sent.nextSetBit(0); row >= 0; row = sent.nextSetBit(row + 1)) {
      bytes += rows.table().length(row);
    }
    if (bytes > TRACT_BYTES_MAX) {
      throw new IllegalArgumentException(bytes + " bytes of one tract");
    }
    return (int) bytes;
  }

  @Override
  public SlimState slim(CheckpointKey asOf) throws RepairRefusal, IOException {
    Iterator<SlimPart> parts =
        call(
            PeerServiceGrpc.getFetchSlimMethod(),
            FetchSlimRequest.newBuilder()
                .setImage(asOf.image().value())
                .setCheckpoint(asOf.checkpoint().value())
                .build());
    List<SlimState.Chunk> chunks = new ArrayList<>();
    while (hasNext(parts)) {
      SlimPart part = parts.next();
      chunks.add(
          new SlimState.Chunk(
              part.getOffset(), part.getChecksum(), part.getData().asReadOnlyByteBuffer()));
    }
    return new SlimState(asOf, 0, chunks);
  }

  private <Q extends MessageLite, A> Iterator<A> call(MethodDescriptor<Q, A> method, Q request) {
    return ClientCalls.blockingServerStreamingCall(
        channel,
        method,
        CallOptions.DEFAULT.withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS),
        request);
  }

  private boolean hasNext(Iterator<?> parts) throws RepairRefusal, IOException {
    try {
      return parts.hasNext();
    } catch (StatusRuntimeException e) {
      Optional<Reason> reason = reason(e);
      if (reason.isPresent()) {
        throw RepairMessages.refused(
            reason.get(), String.valueOf(e.getStatus().getDescription()), 0);
      }
      broke.accept(this);
      throw new IOException(node + ": " + e.getStatus(), e);
    }
  }

  /** What the source itself said. */
  static Optional<Reason> reason(StatusRuntimeException e) {
    if (e.getTrailers() == null) {
      return Optional.empty();
    }
    String name = e.getTrailers().get(ApiErrors.REASON_KEY);
    return java.util.Arrays.stream(Reason.values())
        .filter(reason -> reason.name().equals(name))
        .findFirst();
  }

  private static void requireGiven(boolean refused, io.hydrant.peer.v1.Refusal refusal, long index)
      throws RepairRefusal {
    if (refused) {
      throw RepairMessages.refused(refusal.getReason(), refusal.getMessage(), index);
    }
  }

  private IOException nonsense(RuntimeException e) {
    return new IOException(node + " answered what makes no sense: " + e.getMessage(), e);
  }

  @Override
  public String toString() {
    return node;
  }
}
