package io.hydrant.client.trace;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;

/** Any bytes give a value or a named error. Fuzz with JAZZER_FUZZ=1; without, the seeds run. */
final class TraceFuzzTest {
  @FuzzTest
  void manifest(byte[] bytes) {
    try {
      TraceFixture.manifest(bytes);
    } catch (MalformedTraceException e) {
      // the named error
    }
  }

  @FuzzTest
  void checkpoint(byte[] bytes) throws IOException {
    try {
      TraceFixture.readUnpacked(bytes);
    } catch (MalformedTraceException e) {
      // the named error
    }
  }

  @FuzzTest
  void compressed(byte[] bytes) throws IOException {
    try {
      TraceFixture.read(bytes);
    } catch (MalformedTraceException e) {
      // the named error
    }
  }
}
