package io.hydrant.node.peer;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairedTract;
import io.hydrant.engine.repair.SlimState;
import io.hydrant.engine.repair.TractList;
import io.hydrant.engine.repair.TractSummary;
import io.hydrant.engine.replica.DamageVote;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.damage.DamageRounds;
import io.hydrant.peer.v1.AskCopiesRequest;
import io.hydrant.peer.v1.Copies;
import io.hydrant.peer.v1.FetchListRequest;
import io.hydrant.peer.v1.FetchMetadataRequest;
import io.hydrant.peer.v1.FetchSlimRequest;
import io.hydrant.peer.v1.FetchTractRequest;
import io.hydrant.peer.v1.MetadataPart;
import io.hydrant.peer.v1.TractListPart;
import io.hydrant.peer.v1.TractPart;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What this node gives peers that lack something. It is the least urgent of all reading: few calls
 * at a time, on a small pool of its own, and each holds one tract in memory at most.
 */
final class FetchService {
  /** Tracts, lists and slim states at once, of all peers together. */
  static final int CALLS_MAX = 4;

  /** Its bytes are on the heap, once a call. */
  private static final int METADATA_CALLS_MAX = 2;

  private static final int PART_BYTES = 1 << 20;

  /** Of the few that ask: the leader, and who leads next. */
  private static final int COPIES_CALLS_MAX = 2;

  /** Of verifying single pages for one call: a slow disk answers for the first ones only. */
  private static final long COPIES_NANOS_MAX = TimeUnit.SECONDS.toNanos(3);

  private final PeerStore store;
  private final RepairSource source;
  private final Executor pool;
  private final Semaphore metadata = new Semaphore(METADATA_CALLS_MAX);
  private final Semaphore repairs = new Semaphore(CALLS_MAX);
  private final Semaphore copies = new Semaphore(COPIES_CALLS_MAX);

  /**
   * @param pool reads and encodes
   */
  FetchService(PeerStore store, Executor pool) {
    this.store = store;
    this.source = store.repairSource();
    this.pool = pool;
  }

  void metadata(FetchMetadataRequest request, StreamObserver<MetadataPart> observer) {
    if (metadata.tryAcquire()) {
      serve(
          metadata,
          observer,
          () -> MetadataParts.of(store.frozenCatalog(), request.getFirstAvailable()));
    } else {
      observer.onError(overloaded());
    }
  }

  private static RuntimeException overloaded() {
    return ApiErrors.status(
        Reason.REASON_OVERLOADED, "this replica serves others already: ask again, or another");
  }

  void list(FetchListRequest request, StreamObserver<TractListPart> observer) {
    if (repairs.tryAcquire()) {
      serve(repairs, observer, () -> parts(listParts(request)));
    } else {
      answer(observer, refused(busy(), TractListPart.newBuilder()).build());
    }
  }

  private List<TractListPart> listParts(FetchListRequest request) throws IOException {
    CheckpointKey key = CheckpointKey.of(request.getImage(), request.getCheckpoint());
    TractList list;
    try {
      list = source.list(key, RepairMessages.only(request));
    } catch (RepairRefusal refusal) {
      return List.of(refused(refusal, TractListPart.newBuilder()).build());
    }
    List<TractListPart> parts = new ArrayList<>();
    List<TractSummary> listed = new ArrayList<>(list.tracts());
    listed.addAll(list.parts());
    listed.sort(
        Comparator.comparingInt(TractSummary::region).thenComparingInt(TractSummary::tract));
    for (List<TractSummary> tracts : RepairMessages.parts(listed)) {
      TractListPart.Builder part = TractListPart.newBuilder().setIndex(list.index());
      tracts.forEach(tract -> part.addTract(RepairMessages.summary(tract)));
      parts.add(part.build());
    }
    TractListPart.Builder last = TractListPart.newBuilder().setIndex(list.index());
    list.slim().ifPresent(slim -> last.setSlim(RepairMessages.summary(slim)));
    parts.add(last.build());
    return parts;
  }

  private static TractListPart.Builder refused(RepairRefusal refusal, TractListPart.Builder part) {
    return part.setIndex(refusal.index())
        .setRefusal(RepairMessages.refusal(refusal))
        .setGoneIndex(refusal.kind() == RepairRefusal.Kind.GONE ? refusal.index() : 0);
  }

  void tract(FetchTractRequest request, StreamObserver<TractPart> observer) {
    if (repairs.tryAcquire()) {
      serve(repairs, observer, () -> parts(tractParts(request)));
    } else {
      answer(observer, refused(busy(), TractPart.newBuilder()).build());
    }
  }

  private List<TractPart> tractParts(FetchTractRequest request) throws IOException {
    CheckpointKey key = CheckpointKey.of(request.getImage(), request.getCheckpoint());
    RepairedTract tract;
    try {
      BitSet have = RepairMessages.bits(request.getHave());
      tract =
          request.getOrPart()
              ? source.part(key, request.getRegion(), request.getTract(), have)
              : source.tract(key, request.getRegion(), request.getTract(), have);
    } catch (RepairRefusal refusal) {
      return List.of(refused(refusal, TractPart.newBuilder()).build());
    }
    List<TractPart> parts = new ArrayList<>();
    ByteBuffer data = tract.data().duplicate();
    TractPart.Builder part =
        RepairMessages.rows(tract.rows())
            .setDigest(UnsafeByteOperations.unsafeWrap(tract.rows().digest().toBytes()))
            .addAllMissing(RepairMessages.runs(tract.holes()));
    do {
      int length = Math.min(PART_BYTES, data.remaining());
      parts.add(
          part.setIndex(tract.index())
              .setData(UnsafeByteOperations.unsafeWrap(data.slice(data.position(), length)))
              .build());
      data.position(data.position() + length);
      part = TractPart.newBuilder();
    } while (data.hasRemaining());
    return parts;
  }

  private static TractPart.Builder refused(RepairRefusal refusal, TractPart.Builder part) {
    return part.setIndex(refusal.index())
        .setRefusal(RepairMessages.refusal(refusal))
        .setGoneIndex(refusal.kind() == RepairRefusal.Kind.GONE ? refusal.index() : 0);
  }

  void slim(FetchSlimRequest request, StreamObserver<SlimPart> observer) {
    if (repairs.tryAcquire()) {
      serve(repairs, observer, () -> parts(slimParts(request)));
    } else {
      observer.onError(overloaded());
    }
  }

  private List<SlimPart> slimParts(FetchSlimRequest request) throws IOException {
    CheckpointKey key = CheckpointKey.of(request.getImage(), request.getCheckpoint());
    SlimState state;
    try {
      state = source.slim(key);
    } catch (RepairRefusal refusal) {
      throw new ApiException(
          RepairMessages.reason(refusal.kind()), String.valueOf(refusal.getMessage()));
    }
    List<SlimPart> parts = new ArrayList<>();
    for (SlimState.Chunk chunk : state.chunks()) {
      parts.add(
          SlimPart.newBuilder()
              .setOffset(chunk.offset())
              .setChecksum(chunk.checksum())
              .setData(UnsafeByteOperations.unsafeWrap(chunk.bytes()))
              .build());
    }
    return parts;
  }

  void copies(PeerLife self, AskCopiesRequest request, StreamObserver<Copies> observer) {
    if (copies.tryAcquire()) {
      serve(copies, observer, () -> parts(List.of(copies(self, request))));
    } else {
      observer.onError(overloaded());
    }
  }

  private Copies copies(PeerLife self, AskCopiesRequest request) throws IOException {
    long began = System.nanoTime();
    List<DamageVote.Answer> answers = new ArrayList<>();
    for (StoredVersion version : CopyMessages.asked(request)) {
      if (!answers.isEmpty() && System.nanoTime() - began > COPIES_NANOS_MAX) {
        break;
      }
      answers.add(store.copies().answer(version));
    }
    List<StoredVersion> bad =
        request.getAskedCount() > 0
            ? List.of()
            : store.copies().bad(CopyMessages.after(request), DamageRounds.VERSIONS_MAX);
    return CopyMessages.copies(self, answers, bad);
  }

  private RepairRefusal busy() {
    return RepairRefusal.overloaded(
        store.catalog().applied().index(), "this replica serves others already");
  }

  private static <T> void answer(StreamObserver<T> observer, T refusal) {
    observer.onNext(refusal);
    observer.onCompleted();
  }

  private static <T> PartStream.Parts<T> parts(List<T> made) {
    return new PartStream.Parts<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < made.size();
      }

      @Override
      public T next() {
        return made.get(next++);
      }
    };
  }

  private <T> void serve(
      Semaphore permits, StreamObserver<T> observer, PartStream.Opening<T> opening) {
    AtomicBoolean ended = new AtomicBoolean();
    PartStream.start(
        (ServerCallStreamObserver<T>) observer,
        pool,
        opening,
        () -> {
          if (ended.compareAndSet(false, true)) {
            permits.release();
          }
        });
  }
}
