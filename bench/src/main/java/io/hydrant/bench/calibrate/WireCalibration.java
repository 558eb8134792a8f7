package io.hydrant.bench.calibrate;

import com.google.protobuf.BytesValue;
import io.hydrant.bench.bare.BareClient;
import io.hydrant.bench.bare.EchoStream;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * gRPC between two processes on loopback, with nothing behind it.
 *
 * @param label how gRPC is set up, for the names of the rows
 * @param client of a bare server
 * @param echoes in each of the echo measurements
 * @param messages of 1 MiB in each of the stream measurements
 * @param rounds of the stream measurements
 */
record WireCalibration(String label, BareClient client, int echoes, int messages, int rounds) {
  private static final int MESSAGE_PAGES = 256;
  private static final int DISTINCT_MESSAGES = 16;

  List<Row> run() throws Exception {
    BytesValue page = BareClient.echoMessage(PagePool.PAGE_BYTES);
    List<Row> rows = new ArrayList<>();
    rows.addAll(latencies(label + ": unary echo 4 KiB", () -> client.unaryEcho(page)));
    try (EchoStream stream = client.echoStream()) {
      rows.addAll(latencies(label + ": stream echo 4 KiB", () -> stream.roundTrip(page)));
    }
    PagePool pool = new PagePool(1, DISTINCT_MESSAGES * MESSAGE_PAGES);
    List<WriteCheckpointRequest> batches = PageMessages.batches(PageSet.run(pool, 0, pool.pages()));
    long bytes = (long) messages * MESSAGE_PAGES * PagePool.PAGE_BYTES;
    rows.add(
        Row.told(
            label + ": client stream of 1 MiB",
            throughput(bytes, () -> client.discard(batches, messages))));
    rows.add(
        Row.told(
            label + ": server stream of 1 MiB",
            throughput(bytes, () -> client.stream((long) messages * MESSAGE_PAGES))));
    return rows;
  }

  private interface Exchange {
    long nanos() throws Exception;
  }

  private List<Row> latencies(String name, Exchange exchange) throws Exception {
    for (int i = 0; i < echoes / 2; i++) {
      exchange.nanos();
    }
    Latencies latencies = new Latencies();
    for (int i = 0; i < echoes; i++) {
      latencies.add(exchange.nanos());
    }
    return List.of(
        Row.told(name + ", p50", Series.single("us", latencies.percentileMicros(50))),
        Row.told(name + ", p99", Series.single("us", latencies.percentileMicros(99))));
  }

  private Series throughput(long bytes, Exchange exchange) throws Exception {
    exchange.nanos();
    List<Double> results = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      results.add(Rates.megabytesPerSecond(bytes, exchange.nanos()));
    }
    return new Series("MB/s", results);
  }
}
