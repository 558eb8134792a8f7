package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.Region;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.LongStream;

/**
 * Measures the client against bare gRPC on loopback, both to servers that do nothing else. Not a
 * test: run its main with the test class path. Rounds alternate; the medians count.
 */
public final class ClientSpeed {
  private static final int PAGE = Regions.PAGE_BYTES;
  private static final int ROUNDS = 7;
  private static final int IMAGE_PAGES = 16_384;
  private static final List<Region> REGIONS =
      List.of(Regions.memory("ram", (long) IMAGE_PAGES * PAGE));

  private final byte[] content = new byte[256 * PAGE];
  private final ManagedChannel bare;
  private final HydrantClient client;
  private final RestoreSession session;

  private ClientSpeed(int port) {
    new Random(1).nextBytes(content);
    bare =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .disableRetry()
            .directExecutor()
            .flowControlWindow(8 << 20)
            .build();
    client = HydrantClient.connect(ClientConfig.of("127.0.0.1:" + port));
    OpenRestoreResponse opened =
        OpenRestoreResponse.newBuilder()
            .setToken(ByteString.copyFromUtf8("t"))
            .setImageUid(1)
            .setLeaseMillis(3_600_000)
            .setCheckpoint(Checkpoint.newBuilder().setId(1).addAllRegions(REGIONS))
            .build();
    session = client.resumeRestore(opened.toByteArray());
  }

  public static void main(String[] arguments) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .flowControlWindow(8 << 20)
            .directExecutor()
            .addService(new SpeedServer.Writes())
            .addService(new SpeedServer.Reads(IMAGE_PAGES))
            .build()
            .start();
    ClientSpeed speed = new ClientSpeed(server.getPort());
    speed.run();
    speed.session.detach();
    speed.client.close();
    speed.bare.shutdownNow();
    server.shutdownNow();
  }

  private interface Measure {
    double once() throws Exception;
  }

  private void run() throws Exception {
    compare("encode, no network, batch() raw: MB/s", () -> encode(EncodingPolicy.RAW, true));
    compare("encode, no network, page() raw: MB/s", () -> encode(EncodingPolicy.RAW, false));
    compare("encode, no network, AUTO on noise: MB/s", () -> encode(EncodingPolicy.AUTO, true));
    compare(
        "ingest on loopback, 1 GiB: MB/s (bare gRPC, client)",
        this::bareIngest,
        () -> ingest(EncodingPolicy.RAW));
    compare("fetch, one in flight, p50 us (bare, fetchInto)", this::bareEcho, this::fetchOne);
    compare("fetch, many of 1 page: pages/s", () -> fetchMany(1));
    compare("fetch, many of 256 pages: pages/s", () -> fetchMany(256));
    compare("prefetch, 64 MiB x 8: MB/s (bare, client)", this::barePrefetch, this::prefetch);
  }

  private static void compare(String what, Measure... measures) throws Exception {
    double[][] results = new double[measures.length][ROUNDS];
    for (int round = -2; round < ROUNDS; round++) {
      for (int i = 0; i < measures.length; i++) {
        double result = measures[i].once();
        if (round >= 0) {
          results[i][round] = result;
        }
      }
    }
    StringBuilder line = new StringBuilder(what);
    for (double[] result : results) {
      Arrays.sort(result);
      line.append("  %,.1f".formatted(result[ROUNDS / 2]));
    }
    System.out.println(line);
  }

  private double encode(EncodingPolicy policy, boolean bulk) {
    PageChecksum checksum = new PageChecksum();
    CheckpointDigest digest = new CheckpointDigest();
    PageEncoder encoder = new PageEncoder(policy);
    int batches = policy == EncodingPolicy.RAW ? 1024 : 128;
    long start = System.nanoTime();
    long sum = 0;
    for (int n = 0; n < batches; n++) {
      BatchBuilder batch = new BatchBuilder(0, n, PAGE);
      for (int row = 0; row < 256; row++) {
        byte[] array = content;
        int offset = row * PAGE;
        if (!bulk) {
          batch.gather(ByteBuffer.wrap(content, offset, PAGE));
          array = batch.gathered();
          offset = batch.gatheredOffset();
        }
        if (PageEncoder.isZero(array, offset, PAGE) || encoder.compress(array, offset, PAGE) > 0) {
          throw new IllegalStateException("noise");
        }
        int crc = checksum.of(0, row, array, offset, PAGE);
        digest.content(0, row, crc);
        if (bulk) {
          batch.addRaw(row, crc, array, offset);
        } else {
          batch.keepGathered(row, crc);
        }
      }
      sum += batch.build().getSerializedSize();
    }
    encoder.close();
    return sum * 1e3 / (System.nanoTime() - start);
  }

  private double ingest(EncodingPolicy policy) throws Exception {
    WriteOptions options = new WriteOptions(policy, WriteOptions.ZeroPages.FIND);
    List<Region> regions = List.of(Regions.memory("ram", 1L << 30));
    long start = System.nanoTime();
    try (ProtectionStream stream = client.protect(1, 1, 0, options);
        CheckpointWriter writer = stream.openFull(regions)) {
      for (long first = 0; first < 1 << 18; first += 256) {
        long[] pages = LongStream.range(first, first + 256).toArray();
        writer.batch(0, pages, ByteBuffer.wrap(content));
      }
      writer.commit().get();
    }
    return (1L << 30) * 1e3 / (System.nanoTime() - start);
  }

  private double bareIngest() throws Exception {
    BatchBuilder batch = new BatchBuilder(0, 0, PAGE);
    for (int row = 0; row < 256; row++) {
      batch.addRaw(row, 1, content, row * PAGE);
    }
    WriteCheckpointRequest message =
        WriteCheckpointRequest.newBuilder().setAttempt(1).setBatch(batch.build()).build();
    Semaphore ready = new Semaphore(0);
    CompletableFuture<Status> closed = new CompletableFuture<>();
    ClientCall<WriteCheckpointRequest, WriteCheckpointResponse> call =
        bare.newCall(
            CheckpointServiceGrpc.getWriteCheckpointMethod(),
            CallOptions.DEFAULT.withOnReadyThreshold(4 << 20));
    long start = System.nanoTime();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onReady() {
            ready.release();
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.complete(status);
          }
        },
        new Metadata());
    call.request(Integer.MAX_VALUE);
    for (int n = 0; n < 1024; n++) {
      while (!call.isReady()) {
        ready.acquire();
      }
      call.sendMessage(message);
    }
    call.halfClose();
    closed.get();
    return (1L << 30) * 1e3 / (System.nanoTime() - start);
  }

  private double fetchOne() {
    Random random = new Random(1);
    ByteBuffer target = ByteBuffer.allocate(PAGE);
    long[] nanos = new long[5000];
    try (PageFetcher fetcher = session.fetcher()) {
      for (int i = 0; i < nanos.length; i++) {
        long start = System.nanoTime();
        fetcher.fetchInto(0, random.nextInt(IMAGE_PAGES), target.clear());
        nanos[i] = System.nanoTime() - start;
      }
    }
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1e3;
  }

  private double bareEcho() throws Exception {
    Random random = new Random(1);
    LinkedBlockingQueue<FetchResponse> answers = new LinkedBlockingQueue<>();
    ClientCall<FetchRequest, FetchResponse> call =
        bare.newCall(RestoreServiceGrpc.getFetchPagesMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(FetchResponse answer) {
            answers.add(answer);
          }
        },
        new Metadata());
    call.request(Integer.MAX_VALUE);
    long[] nanos = new long[5000];
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      call.sendMessage(
          FetchRequest.newBuilder().setId(i).addPage(random.nextInt(IMAGE_PAGES)).build());
      answers.take();
      nanos[i] = System.nanoTime() - start;
    }
    call.cancel("done", null);
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1e3;
  }

  private double fetchMany(int pagesPerFetch) throws Exception {
    int fetches = pagesPerFetch == 1 ? 50_000 : 2_000;
    int inFlightMax = pagesPerFetch == 1 ? 256 : 32;
    ArrayDeque<CompletableFuture<FetchedPages>> inFlight = new ArrayDeque<>();
    long start = System.nanoTime();
    try (PageFetcher fetcher = session.fetcher()) {
      for (int i = 0; i < fetches; i++) {
        if (inFlight.size() == inFlightMax) {
          inFlight.remove().get();
        }
        long first = (long) i * pagesPerFetch % IMAGE_PAGES;
        inFlight.add(fetcher.fetch(0, LongStream.range(first, first + pagesPerFetch).toArray()));
      }
      for (CompletableFuture<FetchedPages> one : inFlight) {
        one.get();
      }
    }
    return (double) fetches * pagesPerFetch * 1e9 / (System.nanoTime() - start);
  }

  private double prefetch() throws Exception {
    long[] bytes = {0};
    PageSink sink =
        new PageSink() {
          @Override
          public void found(int region, long firstPage, ByteBuffer content) {
            bytes[0] += content.remaining();
          }

          @Override
          public void zero(int region, long firstPage, long pageCount) {}

          @Override
          public void notKept(int region, long firstPage, long pageCount) {}
        };
    long start = System.nanoTime();
    for (int i = 0; i < 8; i++) {
      session.restoreTo(sink, PrefetchOptions.DEFAULT, 1);
    }
    return bytes[0] * 1e3 / (System.nanoTime() - start);
  }

  private double barePrefetch() throws Exception {
    MethodDescriptor<PrefetchRequest, Pages> method = RestoreServiceGrpc.getPrefetchMethod();
    PrefetchRequest request =
        PrefetchRequest.newBuilder().addRange(RestoredImage.range(0, 0, IMAGE_PAGES)).build();
    long bytes = 0;
    long start = System.nanoTime();
    for (int i = 0; i < 8; i++) {
      try (ServerStream<PrefetchRequest, Pages> stream =
          new ServerStream<>(bare, method, request)) {
        for (Pages pages = stream.next(1L << 40); pages != null; pages = stream.next(1L << 40)) {
          bytes += pages.getData().size();
        }
      }
    }
    return bytes * 1e3 / (System.nanoTime() - start);
  }
}
