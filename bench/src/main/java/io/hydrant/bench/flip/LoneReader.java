package io.hydrant.bench.flip;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.written.WrittenImage;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageEncoding;
import io.hydrant.v1.Pages;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Reason;
import io.hydrant.v1.RestoreServiceGrpc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a checkpoint from one server, whichever others there are, and without the client library,
 * which would refuse bad bytes: so nothing but the server keeps them from being seen here. For one
 * thread; one session.
 */
final class LoneReader implements AutoCloseable {
  private static final int REQUEST_PAGES = 64;
  private static final int IN_FLIGHT = 16;
  private static final long ANSWER_SECONDS_MAX = 30;
  private static final long PAUSE_MILLIS = 20;

  /** Later the server will not come to have what it says it lacks. */
  private static final long LACKING_SECONDS_MAX = 60;

  private final StreamObserver<FetchRequest> requests;
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final ByteString token;
  private long nextId = 1;

  /**
   * @param response null: the stream has ended
   */
  private record Answer(@Nullable FetchResponse response, Status ended) {}

  /** The server does not know the session yet, or cannot say: to be repeated. */
  private static final class NotYetException extends IOException {
    private static final long serialVersionUID = 1L;

    NotYetException(Status ended) {
      super(ended.toString());
    }
  }

  /**
   * What was served.
   *
   * @param right pages that were what was written
   * @param damaged pages that were refused as damaged
   * @param wrong what should not have been served
   */
  record Seen(long right, BitSet damaged, List<String> wrong) {}

  /** Reads a session's checkpoint from one server, as soon as that knows the session. */
  static Seen read(ManagedChannel server, RestoreSession session, WrittenImage image, int[] content)
      throws IOException, InterruptedException {
    ByteString token = OpenRestoreResponse.parseFrom(session.export()).getToken();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LACKING_SECONDS_MAX);
    while (true) {
      try (LoneReader reader = new LoneReader(server, token)) {
        return reader.read(image.pool(), content);
      } catch (NotYetException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private LoneReader(ManagedChannel server, ByteString token) {
    this.token = token;
    this.requests =
        RestoreServiceGrpc.newStub(server)
            .fetchPages(
                new StreamObserver<>() {
                  @Override
                  public void onNext(FetchResponse response) {
                    answers.add(new Answer(response, Status.OK));
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answers.add(new Answer(null, Status.fromThrowable(failure)));
                  }

                  @Override
                  public void onCompleted() {
                    answers.add(new Answer(null, Status.OK));
                  }
                });
  }

  /** Reads all pages, one by one where some are damaged, and compares them with what is written. */
  private Seen read(PagePool pool, int[] content) throws IOException, InterruptedException {
    Seen seen = new Seen(0, new BitSet(), new ArrayList<>());
    long right = 0;
    Deque<long[]> wanted = new ArrayDeque<>();
    for (long first = 0; first < content.length; first += REQUEST_PAGES) {
      wanted.add(
          LongStream.range(first, Math.min(first + REQUEST_PAGES, content.length)).toArray());
    }
    Map<Long, long[]> sent = new HashMap<>();
    long lackingSince = 0;
    while (!wanted.isEmpty() || !sent.isEmpty()) {
      while (!wanted.isEmpty() && sent.size() < IN_FLIGHT) {
        long[] pages = wanted.removeFirst();
        sent.put(send(pages), pages);
      }
      FetchResponse response = next();
      long[] pages = sent.remove(response.getId());
      if (pages == null) {
        throw new IOException("an answer to nothing: " + response.getId());
      }
      switch (response.getReason()) {
        case REASON_UNSPECIFIED -> {
          right += compare(response.getPages(), pages, pool, content, seen.wrong());
          lackingSince = 0;
        }
        case REASON_DAMAGED -> {
          if (pages.length == 1) {
            seen.damaged().set((int) pages[0]);
          } else {
            LongStream.of(pages).forEach(page -> wanted.add(new long[] {page}));
          }
        }
        default -> {
          lackingSince = lacking(response, lackingSince);
          wanted.add(pages);
        }
      }
    }
    return new Seen(right, seen.damaged(), seen.wrong());
  }

  /** A follower may be behind the session, or wait for a repair that moves a page. */
  private static long lacking(FetchResponse response, long since)
      throws IOException, InterruptedException {
    boolean passing =
        response.getReason() == Reason.REASON_BEHIND
            || response.getReason() == Reason.REASON_NOT_HERE
            || response.getReason() == Reason.REASON_NO_LEADER
            || response.getReason() == Reason.REASON_OVERLOADED;
    long now = System.nanoTime();
    if (!passing || since != 0 && now - since > TimeUnit.SECONDS.toNanos(LACKING_SECONDS_MAX)) {
      throw new IOException(response.getReason() + ": " + response.getMessage());
    }
    Thread.sleep(PAUSE_MILLIS);
    return since == 0 ? now : since;
  }

  private long send(long[] pages) {
    FetchRequest.Builder request =
        FetchRequest.newBuilder().setId(nextId).setReadClass(ReadClass.READ_CLASS_FAULT);
    if (nextId == 1) {
      request.setToken(token);
    }
    LongStream.of(pages).forEach(request::addPage);
    requests.onNext(request.build());
    return nextId++;
  }

  private FetchResponse next() throws IOException, InterruptedException {
    Answer answer = answers.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    if (answer == null) {
      throw new IOException("no answer in %d s".formatted(ANSWER_SECONDS_MAX));
    }
    if (answer.response() == null) {
      throw answer.ended().getCode() == Status.Code.UNAVAILABLE
          ? new NotYetException(answer.ended())
          : new IOException("the server ended the stream: " + answer.ended());
    }
    return answer.response();
  }

  /** Returns how many are right. */
  private static long compare(
      Pages pages, long[] asked, PagePool pool, int[] content, List<String> wrong) {
    long right = 0;
    ByteBuffer data = pages.getData().asReadOnlyByteBuffer();
    ByteBuffer written = ByteBuffer.wrap(pool.array());
    boolean raw =
        pages.getPageCount() == asked.length
            && pages.getData().size() == asked.length * PagePool.PAGE_BYTES
            && isRaw(pages.getEncoding());
    for (int row = 0; row < asked.length; row++) {
      long page = asked[row];
      if (raw
          && pages.getPage(row) == page
          && data.slice(row * PagePool.PAGE_BYTES, PagePool.PAGE_BYTES)
              .equals(
                  written.slice(content[(int) page] * PagePool.PAGE_BYTES, PagePool.PAGE_BYTES))) {
        right++;
      } else {
        wrong.add("page " + page + " was served and is not what was written");
      }
    }
    return right;
  }

  /** Pages here cannot be compressed, and none is zero. */
  private static boolean isRaw(ByteString encodings) {
    for (int row = 0; row < encodings.size(); row++) {
      if (encodings.byteAt(row) != PageEncoding.PAGE_ENCODING_RAW_VALUE) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    requests.onCompleted();
  }
}
