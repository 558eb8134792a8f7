package io.hydrant.bench.ratis;

import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.process.BareServers;
import io.hydrant.bench.process.FreePort;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.bench.process.ProcessAccounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.proto.RaftProtos.ReplicationLevel;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/** Three bare Ratis servers in processes of their own, and a client of theirs. */
public final class BareRatisGroup implements AutoCloseable {
  private static final int REPLICAS = 3;

  private final BareServers servers = new BareServers("a bare Ratis server");
  private final RaftClient client;

  private BareRatisGroup(List<Integer> ports) {
    client =
        RaftClient.newBuilder()
            .setRaftGroup(BareRatisSettings.group(ports))
            .setProperties(BareRatisSettings.client())
            .build();
  }

  /**
   * @param fileBytes length of the file that each of them writes over
   */
  public static BareRatisGroup start(
      JvmCommand jvm, List<String> jvmOptions, Path directory, long fileBytes)
      throws IOException, InterruptedException {
    List<Integer> ports = FreePort.choose(REPLICAS);
    BareRatisGroup group = new BareRatisGroup(ports);
    try {
      for (int replica = 0; replica < REPLICAS; replica++) {
        Path log = Files.createTempDirectory(directory, "ratis-");
        Path file = log.resolve("recycled");
        List<String> arguments =
            new ArrayList<>(
                List.of(
                    Integer.toString(replica),
                    log.toString(),
                    file.toString(),
                    Long.toString(fileBytes)));
        ports.forEach(port -> arguments.add(port.toString()));
        group.servers.start(
            "ratis",
            directory,
            jvm.of(jvmOptions, BareRatisServer.class.getName(), arguments),
            file);
      }
      group.servers.awaitReady();
    } catch (IOException | InterruptedException e) {
      group.close();
      throw e;
    }
    return group;
  }

  /**
   * Entries of 1 MiB, {@value BareRatisSettings#WINDOW} in flight; nanoseconds until the last is
   * answered, which is when a majority has it durably and the leader has applied it. Returns only
   * when all replicas have it.
   */
  public long write(PagePool pool, long entries) throws InterruptedException, ExecutionException {
    Semaphore window = new Semaphore(BareRatisSettings.WINDOW);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    AtomicLong lastIndex = new AtomicLong();
    int entryPages = BareRatisSettings.ENTRY_BYTES / PagePool.PAGE_BYTES;
    long begin = System.nanoTime();
    for (long entry = 0; entry < entries && failure.get() == null; entry++) {
      window.acquire();
      Message message =
          Message.valueOf(
              UnsafeByteOperations.unsafeWrap(
                  pool.run(entry * entryPages % (pool.pages() - entryPages), entryPages)));
      CompletableFuture<RaftClientReply> reply = client.async().send(message);
      var _ =
          reply.whenComplete((answer, cause) -> {
            if (answer != null && answer.isSuccess()) {
              lastIndex.accumulateAndGet(answer.getLogIndex(), Math::max);
            } else {
              failure.compareAndSet(
                  null, cause == null ? new IOException("refused: " + answer) : cause);
            }
            window.release();
          });
    }
    window.acquire(BareRatisSettings.WINDOW);
    long elapsed = System.nanoTime() - begin;
    Throwable cause = failure.get();
    if (cause != null) {
      throw new ExecutionException("bare Ratis failed", cause);
    }
    client.async().watch(lastIndex.get(), ReplicationLevel.ALL_COMMITTED).get();
    return elapsed;
  }

  public ProcessAccounts accounts() throws IOException {
    return servers.accounts();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    client.close();
    servers.close();
  }
}
