package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.DigestReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What replicas hash of themselves goes round, and the odd one out finds out by itself. */
final class DriftTest {
  private static final ImageId IMAGE = new ImageId(1L << 40);

  @TempDir Path directory;
  private TestGroup group;

  @BeforeEach
  void start() throws Exception {
    group = new TestGroup(directory);
    group.start(TestNode.patient());
  }

  @AfterEach
  void stop() throws Exception {
    group.close();
  }

  private static DigestReport report(long index, int catalog, int map) {
    return DigestReport.of(index, digest(catalog), Map.of(IMAGE, digest(map)));
  }

  private static Digest digest(int seed) {
    byte[] bytes = new byte[Digest.BYTES];
    bytes[0] = (byte) seed;
    return Digest.of(bytes);
  }

  @Test
  void theOddOneOutIsTold() throws Exception {
    group.n1.digest = report(1_000, 1, 5);
    group.n2.digest = report(1_000, 1, 6);
    group.n3.digest = report(1_000, 1, 5);
    TestGroup.await("n2 knows", () -> !group.n2.drifts.isEmpty());
    assertEquals(Set.of(IMAGE), group.n2.drifts.getFirst().images());
    assertEquals(List.of(), group.n1.drifts);

    group.n1.digest = report(2_000, 3, 5);
    group.n2.digest = report(2_000, 1, 5);
    group.n3.digest = report(2_000, 1, 5);
    TestGroup.await("n1 knows", () -> !group.n1.drifts.isEmpty());
    assertTrue(group.n1.drifts.getFirst().catalog());
    assertEquals(1, group.n2.drifts.size());
    assertEquals(List.of(), group.n3.drifts);
  }
}
