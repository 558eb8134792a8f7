package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.Committed;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.Opened;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/** Answers as fast as it can, without a store: what is left is the client and gRPC. */
final class SpeedServer {
  static final int PAGE = Regions.PAGE_BYTES;
  static final byte[] CONTENT = Protected.page(7);

  private SpeedServer() {}

  static Pages pages(Iterable<Long> numbers) {
    PageChecksum checksum = new PageChecksum();
    Pages.Builder pages = Pages.newBuilder();
    ByteString.Output data = ByteString.newOutput(1 << 20);
    for (long page : numbers) {
      pages.addPage(page).addChecksum(checksum.of(0, page, CONTENT, 0, PAGE));
      data.write(CONTENT, 0, PAGE);
    }
    return pages
        .setEncoding(ByteString.copyFrom(new byte[pages.getPageCount()]))
        .setData(data.toByteString())
        .build();
  }

  static final class Writes extends CheckpointServiceGrpc.CheckpointServiceImplBase {
    @Override
    public StreamObserver<WriteCheckpointRequest> writeCheckpoint(
        StreamObserver<WriteCheckpointResponse> answers) {
      AtomicLong ids = new AtomicLong();
      return new StreamObserver<>() {
        @Override
        public void onNext(WriteCheckpointRequest request) {
          WriteCheckpointResponse.Builder answer =
              WriteCheckpointResponse.newBuilder().setAttempt(request.getAttempt());
          if (request.hasOpen()) {
            Opened opened = Opened.newBuilder().setCheckpoint(ids.incrementAndGet()).build();
            answers.onNext(answer.setOpened(opened).build());
          } else if (request.hasCommit()) {
            Committed committed = Committed.newBuilder().setCheckpoint(ids.get()).build();
            answers.onNext(answer.setCommitted(committed).build());
          }
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }

  static final class Reads extends RestoreServiceGrpc.RestoreServiceImplBase {
    private final FetchResponse[] answers;
    private final Pages[] runs;

    Reads(int pageCount) {
      answers = new FetchResponse[pageCount];
      for (long page = 0; page < pageCount; page++) {
        answers[(int) page] = FetchResponse.newBuilder().setPages(pages(List.of(page))).build();
      }
      runs = new Pages[pageCount / 256];
      for (int run = 0; run < runs.length; run++) {
        long first = run * 256L;
        runs[run] = pages(LongStream.range(first, first + 256).boxed().toList());
      }
    }

    @Override
    public StreamObserver<FetchRequest> fetchPages(StreamObserver<FetchResponse> observer) {
      return new StreamObserver<>() {
        @Override
        public void onNext(FetchRequest request) {
          FetchResponse answer = answers[(int) request.getPage(0)];
          if (request.getPageCount() > 1) {
            answer =
                FetchResponse.newBuilder().setPages(runs[(int) (request.getPage(0) / 256)]).build();
          }
          observer.onNext(answer.toBuilder().setId(request.getId()).build());
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          observer.onCompleted();
        }
      };
    }

    @Override
    public void prefetch(PrefetchRequest request, StreamObserver<Pages> observer) {
      ServerCallStreamObserver<Pages> call = (ServerCallStreamObserver<Pages>) observer;
      PageRange range = request.getRange(0);
      int[] next = {(int) (range.getFirstPage() / 256)};
      int end = (int) ((range.getFirstPage() + range.getPageCount()) / 256);
      call.setOnReadyHandler(() -> {
        while (call.isReady() && next[0] < end) {
          call.onNext(runs[next[0]++]);
          if (next[0] == end) {
            call.onCompleted();
          }
        }
      });
    }
  }
}
