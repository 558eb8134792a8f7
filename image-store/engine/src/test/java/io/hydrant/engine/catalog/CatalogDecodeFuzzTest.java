package io.hydrant.engine.catalog;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Any bytes are a catalog or malformed. Fuzzes with JAZZER_FUZZ=1; else repeats what lies in the
 * resources.
 */
final class CatalogDecodeFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void decodesOrRefuses(byte[] bytes) {
    DecodedCatalogs.check(bytes);
    DecodedCatalogs.check(CatalogEncodingTest.sealed(bytes.clone()));
  }
}
