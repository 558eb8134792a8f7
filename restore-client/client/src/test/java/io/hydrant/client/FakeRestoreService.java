package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.BeginRestorePart;
import io.hydrant.v1.BeginRestoreRequest;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.CloseRestoreResponse;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.PageDigestsRequest;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadSlimRequest;
import io.hydrant.v1.RenewRestoreRequest;
import io.hydrant.v1.RenewRestoreResponse;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.SlimPart;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

final class FakeRestoreService extends RestoreServiceGrpc.RestoreServiceImplBase {
  private static final StatusSource FAULT =
      () -> Status.UNAVAILABLE.withDescription("fault").asRuntimeException();

  private interface StatusSource {
    RuntimeException make();
  }

  private final FakeStore store;
  private final Faults faults;

  FakeRestoreService(FakeStore store, Faults faults) {
    this.store = store;
    this.faults = faults;
  }

  @Override
  public void openRestore(
      OpenRestoreRequest request, StreamObserver<OpenRestoreResponse> observer) {
    FakeImageService.answer(faults, "openRestore", observer, () -> opened(request));
  }

  private OpenRestoreResponse opened(OpenRestoreRequest request) {
    ByteString token =
        store.openSession(
            request.getImage(),
            store.named(request.getImage(), request.getCheckpointName(), request.getCheckpoint()),
            request.getRequestId());
    FakeStore.Content content = store.session(token);
    return OpenRestoreResponse.newBuilder()
        .setToken(token)
        .setCheckpoint(store.describe(content))
        .setLeaseMillis(faults.leaseMillis)
        .setImageUid(content.open.getImageUid())
        .build();
  }

  /** The first pages of the image are taken for those that are wanted first. */
  @Override
  public void beginRestore(BeginRestoreRequest request, StreamObserver<BeginRestorePart> observer) {
    try {
      OpenRestoreResponse opened = opened(request.getOpen());
      send(observer, BeginRestorePart.newBuilder().setOpened(opened));
      FakeStore.Content content = store.session(opened.getToken());
      for (SlimChunk chunk : content.slim) {
        send(observer, BeginRestorePart.newBuilder().setSlim(part(chunk)));
      }
      long count = request.getFirstBytes() / Regions.PAGE_BYTES;
      List<Long> first = LongStream.range(0, count).boxed().toList();
      send(
          observer,
          BeginRestorePart.newBuilder().setPages(FakeStore.read(content, 0, first, true)));
    } catch (RuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onCompleted();
  }

  private void send(StreamObserver<BeginRestorePart> observer, BeginRestorePart.Builder part) {
    BeginRestorePart sent = faults.begun.apply(part.build());
    if (sent == null) {
      throw FAULT.make();
    }
    observer.onNext(sent);
  }

  private static SlimPart part(SlimChunk chunk) {
    return SlimPart.newBuilder()
        .setOffset(chunk.getOffset())
        .setChecksum(chunk.getChecksum())
        .setData(chunk.getData())
        .build();
  }

  @Override
  public void renewRestore(
      RenewRestoreRequest request, StreamObserver<RenewRestoreResponse> observer) {
    FakeImageService.answer(
        faults,
        "renewRestore",
        observer,
        () -> {
          store.renew(request.getToken());
          return RenewRestoreResponse.newBuilder().setLeaseMillis(faults.leaseMillis).build();
        });
  }

  @Override
  public void closeRestore(
      CloseRestoreRequest request, StreamObserver<CloseRestoreResponse> observer) {
    FakeImageService.answer(
        faults,
        "closeRestore",
        observer,
        () -> {
          store.closeSession(request.getToken());
          return CloseRestoreResponse.getDefaultInstance();
        });
  }

  @Override
  public void readSlim(ReadSlimRequest request, StreamObserver<SlimPart> observer) {
    try {
      for (SlimChunk chunk : store.session(request.getToken()).slim) {
        SlimPart sent = faults.slim.apply(part(chunk));
        if (sent == null) {
          throw FAULT.make();
        }
        observer.onNext(sent);
      }
    } catch (RuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onCompleted();
  }

  @Override
  public StreamObserver<FetchRequest> fetchPages(StreamObserver<FetchResponse> answers) {
    return new StreamObserver<>() {
      private FakeStore.@Nullable Content content;
      private boolean broken;

      @Override
      public void onNext(FetchRequest request) {
        if (broken || faults.silent) {
          return;
        }
        try {
          if (content == null) {
            content = store.session(request.getToken());
          }
          switch (faults.onFetch.apply(request)) {
            case PASS -> {
              Pages pages =
                  FakeStore.read(content, request.getRegion(), request.getPageList(), false);
              FetchResponse answer =
                  FetchResponse.newBuilder().setId(request.getId()).setPages(pages).build();
              faults.fetched.apply(answer).forEach(answers::onNext);
            }
            case BREAK -> throw FAULT.make();
            case SWALLOW -> {}
          }
        } catch (RuntimeException e) {
          broken = true;
          answers.onError(e);
        }
      }

      @Override
      public void onError(Throwable error) {
        broken = true;
      }

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  @Override
  public void prefetch(PrefetchRequest request, StreamObserver<Pages> observer) {
    if (faults.silent) {
      return;
    }
    try {
      FakeStore.Content content = store.session(request.getToken());
      for (PageRange range : request.getRangeList()) {
        for (List<Long> some : parts(range)) {
          Pages pages = FakeStore.read(content, range.getRegion(), some, request.getSkipZero());
          if (pages.getPageCount() == 0) {
            continue;
          }
          Pages sent = faults.prefetched.apply(pages);
          if (sent == null) {
            throw FAULT.make();
          }
          if (((ServerCallStreamObserver<Pages>) observer).isCancelled()) {
            return;
          }
          observer.onNext(sent);
        }
      }
    } catch (RuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onCompleted();
  }

  @Override
  public void pageDigests(PageDigestsRequest request, StreamObserver<PageDigestPart> observer) {
    try {
      FakeStore.Content content = store.session(request.getToken());
      for (List<Long> some : parts(request.getRange())) {
        Pages pages = FakeStore.read(content, request.getRange().getRegion(), some, false);
        PageDigestPart part =
            PageDigestPart.newBuilder()
                .setRegion(pages.getRegion())
                .setFirstPage(some.getFirst())
                .setEncoding(pages.getEncoding())
                .addAllChecksum(pages.getChecksumList())
                .build();
        PageDigestPart sent = faults.digests.apply(part);
        if (sent == null) {
          throw FAULT.make();
        }
        observer.onNext(sent);
      }
    } catch (RuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onCompleted();
  }

  private List<List<Long>> parts(PageRange range) {
    List<List<Long>> parts = new ArrayList<>();
    long end = range.getFirstPage() + range.getPageCount();
    for (long first = range.getFirstPage(); first < end; ) {
      long next = Math.min(end, first + faults.prefetchPagesPerMessage);
      parts.add(LongStream.range(first, next).boxed().toList());
      first = next;
    }
    return parts;
  }
}
