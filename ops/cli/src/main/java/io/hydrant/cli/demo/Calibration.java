package io.hydrant.cli.demo;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Latencies;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * What the machine itself can do, measured in the same run as the figures it stands beside.
 *
 * @param sync write of one page into a file that has its space, then fdatasync
 * @param diskBytesPerSecond 4 MiB writes, fdatasync after each, into the same file
 * @param echo gRPC round trips of one page over loopback to another process, one in flight
 */
record Calibration(Latencies sync, long diskBytesPerSecond, Latencies echo) {
  private static final int PAGE_BYTES = 4096;
  private static final int CHUNK_BYTES = 4 << 20;
  private static final int CHUNKS = 16;
  private static final int SYNC_ROUNDS = 60;
  private static final int ECHO_ROUNDS = 6000;
  private static final Duration ECHO_START_MAX = Duration.ofSeconds(20);
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  static Calibration measure(Path directory) throws IOException, InterruptedException {
    Path file = directory.resolve("calibration.bin");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // The first pass gives the file its space, as recycled segments have it.
      writeChunks(channel);
      long nanos = writeChunks(channel);
      long rate = (long) ((double) CHUNK_BYTES * CHUNKS * NANOS_PER_SECOND / nanos);
      return new Calibration(syncs(channel), rate, echo(directory));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static long writeChunks(FileChannel channel) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    byte[] noise = new byte[CHUNK_BYTES];
    new Random(1).nextBytes(noise);
    chunk.put(noise);
    long begin = System.nanoTime();
    for (int i = 0; i < CHUNKS; i++) {
      chunk.clear();
      long at = (long) i * CHUNK_BYTES;
      while (chunk.hasRemaining()) {
        at += channel.write(chunk, at);
      }
      channel.force(false);
    }
    return System.nanoTime() - begin;
  }

  private static Latencies syncs(FileChannel channel) throws IOException {
    Latencies latencies = new Latencies();
    ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);
    for (int i = 0; i < SYNC_ROUNDS; i++) {
      page.clear();
      long begin = System.nanoTime();
      channel.write(page, (long) i * PAGE_BYTES);
      channel.force(false);
      latencies.add(System.nanoTime() - begin);
    }
    return latencies;
  }

  private static Latencies echo(Path directory) throws IOException, InterruptedException {
    Path log = directory.resolve("echo.log");
    try (JavaProcess server = JavaProcess.start("64m", log, Echo.class.getName(), List.of())) {
      String port = server.nextLine(ECHO_START_MAX);
      if (port == null) {
        throw new IOException("the echo process did not start:\n" + server.logTail());
      }
      return Echo.measure(Integer.parseInt(port.strip()), PAGE_BYTES, ECHO_ROUNDS);
    }
  }

  String text() {
    return "write+fdatasync of 4 KiB p50 "
        + Amounts.duration(sync.p50())
        + "; disk "
        + Amounts.rate(diskBytesPerSecond, NANOS_PER_SECOND)
        + "; bare gRPC echo of 4 KiB p50 "
        + Amounts.duration(echo.p50());
  }

  Json json() {
    return new Json()
        .put("sync_4k", sync.json())
        .put("disk_mb_per_second", Amounts.megabytesPerSecond(diskBytesPerSecond, NANOS_PER_SECOND))
        .put("grpc_echo_4k", echo.json());
  }
}
