package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

final class CatalogEncodingTest {
  private static final int VERSION_OFFSET = 8;
  private static final int NEXT_IMAGE_OFFSET = 36;
  private static final int COUNT_OFFSET = 44;

  @Test
  void isTheGoldenFile() throws IOException {
    Golden.compare("catalog-v6.bin", GoldenCatalog.build().encode());
  }

  @Test
  void version1IsReadAsQuorum() throws IOException, MalformedCatalogException {
    Catalog decoded = Catalog.decode(Golden.read("catalog-v1.bin"));
    assertArrayEquals(GoldenCatalog.ofVersion1().encode(), decoded.encode());
    for (ImageState image : decoded.images()) {
      assertEquals(Durability.QUORUM, image.durability());
    }
  }

  @Test
  void version2IsReadAsUndamaged() throws IOException, MalformedCatalogException {
    Catalog decoded = Catalog.decode(Golden.read("catalog-v2.bin"));
    assertArrayEquals(GoldenCatalog.ofVersion2().encode(), decoded.encode());
  }

  @Test
  void version3IsReadAsKeepingByNumber() throws IOException, MalformedCatalogException {
    Catalog decoded = Catalog.decode(Golden.read("catalog-v3.bin"));
    assertArrayEquals(GoldenCatalog.ofVersion3().encode(), decoded.encode());
    for (ImageState image : decoded.images()) {
      assertFalse(image.retention().goesByAge(), image.name());
    }
  }

  @Test
  void version4IsReadAsWithoutQuotas() throws IOException, MalformedCatalogException {
    Catalog decoded = Catalog.decode(Golden.read("catalog-v4.bin"));
    assertArrayEquals(GoldenCatalog.ofVersion4().encode(), decoded.encode());
    for (ImageState image : decoded.images()) {
      assertEquals(Optional.empty(), image.quota(), image.name());
    }
  }

  @Test
  void version5IsReadAsWithoutPlans() throws IOException, MalformedCatalogException {
    Catalog decoded = Catalog.decode(Golden.read("catalog-v5.bin"));
    assertArrayEquals(GoldenCatalog.ofVersion5().encode(), decoded.encode());
    for (ImageState image : decoded.images()) {
      assertEquals(LearnedPlan.NONE, image.plan(), image.name());
    }
  }

  @Test
  void quotasOutOfRangeAreMalformed() throws MalformedCatalogException {
    // uid, name, request, time, durability, retention, flags, age, tiers; then the quota.
    int at = CatalogFormat.HEADER_BYTES + 8 + 1 + 2 + 16 + 8 + 1 + 4 + 1 + 8 + 4;
    CatalogScript script = new CatalogScript();
    script.apply(
        new Command.CreateImage(
            "vm", RetentionPolicy.last(1), Durability.QUORUM, Optional.of(new Quota(7))));
    ByteBuffer bytes = ByteBuffer.wrap(script.catalog.encode()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(7, bytes.getLong(at));
    Catalog other = Catalog.decode(sealed(bytes.putLong(at, 8).array().clone()));
    assertEquals(Optional.of(new Quota(8)), other.imageNamed("vm").orElseThrow().quota());
    for (long bad : new long[] {-1, CatalogLimits.QUOTA_BYTES_MAX + 1, Long.MIN_VALUE}) {
      byte[] sealed = sealed(bytes.putLong(at, bad).array().clone());
      String message =
          assertThrows(MalformedCatalogException.class, () -> Catalog.decode(sealed)).getMessage();
      assertTrue(message != null && message.contains("quota"), message);
    }
  }

  @Test
  void anEmptyCatalogGoesThereAndBack() throws MalformedCatalogException {
    Catalog empty = Catalog.decode(new Catalog().encode());
    assertEquals(EntryPosition.NONE, empty.applied());
    assertArrayEquals(new Catalog().encode(), empty.encode());
  }

  @Test
  void everythingGoesThereAndBack() throws MalformedCatalogException {
    byte[] bytes = GoldenCatalog.build().encode();
    Catalog decoded = Catalog.decode(bytes);
    assertArrayEquals(bytes, decoded.encode());
    assertArrayEquals(bytes, Catalog.decode(bytes).freeze().encode());
    assertTrue(decoded.isDropped(new ImageId(2)));
  }

  @Test
  void aFrozenOneStaysAsItIs() {
    Catalog catalog = GoldenCatalog.build();
    byte[] before = catalog.encode();
    FrozenCatalog frozen = catalog.freeze();
    catalog.apply(
        new EntryPosition(9, 1_000),
        new Entry(1, RequestId.NONE, RequestId.NONE, new Command.CreateImage("late", 1)));
    assertArrayEquals(before, frozen.encode());
    assertEquals(new EntryPosition(9, 1_000), catalog.applied());
  }

  @Test
  void everyTruncationIsMalformed() {
    byte[] bytes = GoldenCatalog.build().encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(MalformedCatalogException.class, () -> Catalog.decode(cut));
      byte[] sealed = sealed(Arrays.copyOf(bytes, length));
      assertThrows(MalformedCatalogException.class, () -> Catalog.decode(sealed));
    }
  }

  @Test
  void everyFlippedBitIsMalformed() {
    byte[] bytes = GoldenCatalog.build().encode();
    for (int bit = 0; bit < 8 * bytes.length; bit += 3) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertThrows(MalformedCatalogException.class, () -> Catalog.decode(flipped));
    }
  }

  @Test
  void versionsOutOfRangeAreNamed() {
    byte[] bytes = GoldenCatalog.build().encode();
    for (int version : new int[] {0, CatalogFormat.VERSION + 1, 65_535}) {
      byte[] other = bytes.clone();
      ByteBuffer.wrap(other)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putShort(VERSION_OFFSET, (short) version)
          .putShort(VERSION_OFFSET + 2, (short) version);
      byte[] sealed = sealed(other);
      String message =
          assertThrows(MalformedCatalogException.class, () -> Catalog.decode(sealed)).getMessage();
      assertTrue(message != null && message.contains("format version " + version), message);
    }
  }

  @Test
  void countsAreBoundedByWhatFollows() {
    byte[] bytes = new Catalog().encode();
    for (int count : new int[] {1, 100_000, Integer.MAX_VALUE, -1}) {
      byte[] other = bytes.clone();
      ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putInt(COUNT_OFFSET, count);
      byte[] sealed = sealed(other);
      assertThrows(MalformedCatalogException.class, () -> Catalog.decode(sealed));
    }
  }

  @Test
  void countersAheadOfTheLogAreMalformed() {
    byte[] other = new Catalog().encode();
    ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putLong(NEXT_IMAGE_OFFSET, 2);
    byte[] sealed = sealed(other);
    assertThrows(MalformedCatalogException.class, () -> Catalog.decode(sealed));
  }

  /**
   * Bytes with a right checksum and wrong content: an exception of the one kind, or a catalog that
   * works.
   */
  @Test
  void mutationsGiveACatalogOrTheOneException() throws IOException {
    mutate(GoldenCatalog.build().encode());
    mutate(Golden.read("catalog-v1.bin"));
    mutate(Golden.read("catalog-v2.bin"));
    mutate(Golden.read("catalog-v3.bin"));
    mutate(Golden.read("catalog-v4.bin"));
    mutate(Golden.read("catalog-v5.bin"));
  }

  private static void mutate(byte[] bytes) {
    int accepted = 0;
    long seed = Long.getLong("hydrant.seed", 1);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] mutated = bytes.clone();
      for (int change = random.nextInt(1, 3); change > 0; change--) {
        int at = random.nextInt(mutated.length);
        mutated[at] =
            switch (random.nextInt(4)) {
              case 0 -> (byte) random.nextInt();
              case 1 -> (byte) (mutated[at] + 1);
              case 2 -> (byte) (mutated[at] - 1);
              default -> (byte) (mutated[at] ^ 1 << random.nextInt(8));
            };
      }
      if (DecodedCatalogs.check(sealed(mutated))) {
        accepted++;
      }
    }
    assertTrue(accepted > 100, "mutations that are catalogs: " + accepted + ", seed " + seed);
  }

  /** With the last four bytes replaced by the right checksum. */
  static byte[] sealed(byte[] bytes) {
    if (bytes.length >= 4) {
      CRC32C crc = new CRC32C();
      crc.update(bytes, 0, bytes.length - 4);
      ByteBuffer.wrap(bytes)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(bytes.length - 4, (int) crc.getValue());
    }
    return bytes;
  }
}
