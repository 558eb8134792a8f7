package io.hydrant.client.trace;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Small traces made by hand. */
final class TraceFixture {
  static final String JSON =
      """
      {"format":"hydrant-trace-1","name":"small","workload":"none","page_bytes":4096,
       "memory_bytes":65536,"interval_ms":100,"checkpoints":[
        {"number":0,"file":"0000.zst","pages":2,"slim_bytes":5,"at_ms":0,"pause_ms":1.5,
         "memory_sha256":"%s"}],
       "fault_recordings":[{"checkpoint":0,"seconds":1.0,"faults":[[5,1],[9,15]]}],
       "window_of":{"trace":"large","first_page":7,"nested":[[],{},true,null,-1.5e3]}}
      """
          .formatted("0".repeat(64));

  private TraceFixture() {}

  static TraceManifest manifest(String json) throws MalformedTraceException {
    return manifest(json.getBytes(StandardCharsets.UTF_8));
  }

  static TraceManifest manifest(byte[] json) throws MalformedTraceException {
    return TraceManifest.parse("dir/trace.json", json);
  }

  /** The unpacked file of two pages with slim state "hello". */
  static byte[] unpacked(int count, int... pages) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + 4 * pages.length + 4096 * pages.length + 4 + 5)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(count);
    for (int page : pages) {
      bytes.putInt(page);
    }
    for (int page : pages) {
      byte[] content = new byte[4096];
      content[0] = (byte) page;
      bytes.put(content);
    }
    return bytes.putInt(5).put("hello".getBytes(StandardCharsets.UTF_8)).array();
  }

  static TraceCheckpoint read(byte[] compressed) throws IOException {
    TraceEntry entry = manifest(JSON).checkpoints().getFirst();
    return CheckpointFile.read("dir/0000.zst", entry, 16, new ByteArrayInputStream(compressed));
  }

  static TraceCheckpoint readUnpacked(byte[] unpacked) throws IOException {
    return read(Zstd.compress(unpacked));
  }
}
