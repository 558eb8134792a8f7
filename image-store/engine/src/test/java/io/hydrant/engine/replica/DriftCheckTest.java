package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.DriftCheck.Drift;
import io.hydrant.engine.replica.DriftCheck.Verdict;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DriftCheckTest {
  private static final Voters VOTERS = Voters.of(Set.of("n1", "n2", "n3"));

  private static Digest digest(int seed) {
    byte[] bytes = new byte[Digest.BYTES];
    bytes[3] = (byte) seed;
    return Digest.of(bytes);
  }

  /** A report at index 9 whose images 1, 2 and so on have these digests; 0: not wholly there. */
  private static DigestReport report(int catalog, int... maps) {
    Map<ImageId, Digest> digests = new TreeMap<>();
    for (int i = 0; i < maps.length; i++) {
      if (maps[i] != 0) {
        digests.put(new ImageId(i + 1), digest(maps[i]));
      }
    }
    return DigestReport.of(9, digest(catalog), digests);
  }

  private static Verdict judge(DigestReport own, DigestReport second, DigestReport third) {
    return DriftCheck.judge("n1", own, Map.of("n2", second, "n3", third), VOTERS);
  }

  private static Drift images(int... ids) {
    TreeSet<ImageId> images = new TreeSet<>();
    for (int id : ids) {
      images.add(new ImageId(id));
    }
    return new Drift(false, images);
  }

  @Test
  void allAgree() {
    assertTrue(judge(report(1, 5, 6), report(1, 5, 6), report(1, 5, 6)).isClean());
    assertTrue(judge(report(1, 5, 0), report(1, 5, 6), report(1, 0, 6)).isClean());
  }

  @Test
  void oneIsOdd() {
    Verdict verdict = judge(report(1, 5, 6), report(2, 5, 6), report(1, 5, 6));
    assertEquals(Set.of("n2"), verdict.odd().keySet());
    assertEquals(new Drift(true, new TreeSet<>()), verdict.odd().get("n2"));
    assertTrue(verdict.disputed().isNothing());

    verdict = judge(report(1, 7, 6, 5), report(1, 5, 6, 5), report(1, 5, 6, 6));
    assertEquals(images(1), verdict.odd().get("n1"));
    assertEquals(images(3), verdict.odd().get("n3"));
  }

  @Test
  void twoDifferAndNobodyCanTell() {
    Verdict verdict = judge(report(1, 5), report(1, 6), report(1, 0));
    assertTrue(verdict.odd().isEmpty());
    assertEquals(images(1), verdict.disputed());
    verdict = judge(report(1, 5), report(2, 5), report(3, 5));
    assertTrue(verdict.odd().isEmpty() && verdict.disputed().catalog());
    verdict = DriftCheck.judge("n1", report(1), Map.of("n2", report(2)), VOTERS);
    assertTrue(verdict.odd().isEmpty() && verdict.disputed().catalog());
  }

  @Test
  void othersEntriesAndNonVotersDoNotCount() {
    DigestReport older = DigestReport.of(8, digest(2), Map.of());
    assertTrue(judge(report(1), older, report(1)).isClean());
    Verdict verdict =
        DriftCheck.judge(
            "n1", report(1), Map.of("n2", report(1), "n3", report(1), "n4", report(2)), VOTERS);
    assertTrue(verdict.isClean());
  }
}
