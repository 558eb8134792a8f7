package io.hydrant.codecs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStream;
import io.hydrant.engine.codec.MalformedPageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ZstdPageCodecTest {
  private static final int PAGE_BYTES = 4096;
  private static final int GUARD_BYTES = 64;
  private static final byte GUARD = (byte) 0xA5;

  private final ZstdPageCodec codec = new ZstdPageCodec();

  @AfterEach
  void closeCodec() {
    codec.close();
  }

  @Test
  void decodesBetweenAllKindsOfBuffers() throws MalformedPageException {
    byte[] page = page(1);
    byte[] frame = Zstd.compress(page);
    for (ByteBuffer encoded : List.of(heap(frame), direct(frame), heap(frame).asReadOnlyBuffer())) {
      for (ByteBuffer target : List.of(guarded(false), guarded(true))) {
        int position = encoded.position();
        codec.decodeZstd(encoded, target);
        assertEquals(position, encoded.position());
        assertEquals(target.limit(), target.position());
        assertArrayEquals(page, content(target));
        assertGuarded(target);
      }
    }
  }

  @Test
  void decodesPagesOfEverySizeAndLevel() throws MalformedPageException {
    for (int bytes = PAGE_BYTES; bytes <= 2 << 20; bytes *= 2) {
      byte[] page = new byte[bytes];
      new Random(bytes).nextBytes(page);
      Arrays.fill(page, 0, bytes / 2, (byte) 7);
      for (int level : new int[] {-5, 1, 3, 12}) {
        ByteBuffer target = ByteBuffer.allocate(bytes);
        codec.decodeZstd(heap(Zstd.compress(page, level)), target);
        assertArrayEquals(page, target.array());
      }
    }
  }

  @Test
  void whatIsEncodedDecodes() throws MalformedPageException {
    for (int bytes : new int[] {512, 4096, 65_536, 2 << 20}) {
      byte[] page = new byte[bytes];
      Arrays.fill(page, bytes / 4, bytes, (byte) 3);
      byte[] noise = new byte[bytes / 4];
      new Random(bytes).nextBytes(noise);
      System.arraycopy(noise, 0, page, 0, noise.length);
      ByteBuffer source = ByteBuffer.allocateDirect(bytes + 7).position(7).put(page).position(7);
      ByteBuffer encoded = ByteBuffer.allocateDirect(bytes + 100).position(9);
      assertTrue(codec.encodeZstd(source, encoded));
      assertEquals(7, source.position());
      assertTrue(encoded.position() < bytes / 2, "bytes: " + encoded.position());
      ByteBuffer target = ByteBuffer.allocate(bytes);
      codec.decodeZstd(encoded.flip().position(9), target);
      assertArrayEquals(page, target.array());
    }
  }

  @Test
  void aPageThatDoesNotGetSmallerIsLeft() {
    byte[] page = new byte[PAGE_BYTES];
    new Random(1).nextBytes(page);
    ByteBuffer source = ByteBuffer.allocateDirect(PAGE_BYTES).put(page).flip();
    ByteBuffer encoded = ByteBuffer.allocateDirect(PAGE_BYTES);
    encoded.position(10).limit(PAGE_BYTES * 7 / 8);
    for (int i = 0; i < 3; i++) {
      assertFalse(codec.encodeZstd(source, encoded));
      assertEquals(10, encoded.position());
      assertEquals(PAGE_BYTES, source.remaining());
    }
  }

  @Test
  void otherSizesAreRefused() {
    assertMalformed(Zstd.compress(new byte[PAGE_BYTES - 1]), "states 4095 bytes");
    assertMalformed(Zstd.compress(new byte[PAGE_BYTES + 1]), "states 4097 bytes");
    assertMalformed(Zstd.compress(new byte[1 << 30 >> 4]), "states 67108864 bytes");
    assertMalformed(new byte[0], "0 bytes are no zstd frame");
  }

  @Test
  void frameWithoutContentSizeIsRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZstdOutputStream out = new ZstdOutputStream(bytes)) {
      out.write(page(3));
      out.flush();
    }
    assertMalformed(bytes.toByteArray(), "does not state its content size");
  }

  @Test
  void cutFramesAndTrailingBytesAreRefused() {
    byte[] frame = Zstd.compress(page(4));
    for (int length = 0; length < frame.length; length++) {
      assertMalformed(Arrays.copyOf(frame, length), "");
    }
    assertMalformed(Arrays.copyOf(frame, frame.length + 1), "1 bytes follow");
    byte[] twice = Arrays.copyOf(frame, 2 * frame.length);
    System.arraycopy(frame, 0, twice, frame.length, frame.length);
    assertMalformed(twice, "bytes follow");
  }

  @Test
  void skippableFramesAreRefused() {
    byte[] frame = Zstd.compress(page(5));
    byte[] skip = HexFormat.of().parseHex("502a4d1804000000deadbeef");
    byte[] both = Arrays.copyOf(skip, skip.length + frame.length);
    System.arraycopy(frame, 0, both, skip.length, frame.length);
    assertMalformed(both, "magic");
    assertMalformed(skip, "magic");
  }

  /** Magic, descriptor, window descriptor of 2^41 bytes, content size 4,096; then one RLE block. */
  @Test
  void frameThatAsksForAHugeWindowCostsNothing() throws MalformedPageException {
    byte[] bomb = HexFormat.of().parseHex("28b52ffd" + "40" + "f8" + "000f" + "038000" + "07");
    ByteBuffer target = guarded(true);
    try {
      codec.decodeZstd(heap(bomb), target);
      byte[] expected = new byte[PAGE_BYTES];
      Arrays.fill(expected, (byte) 7);
      assertArrayEquals(expected, content(target));
    } catch (MalformedPageException refused) {
      assertTrue(refused.toString().contains("zstd frame"), refused.toString());
    }
    assertGuarded(target);
  }

  /** States 4,096 bytes but holds a block of 128 KiB of one byte. */
  @Test
  void frameThatHoldsMoreThanItStatesIsRefused() {
    byte[] bomb = HexFormat.of().parseHex("28b52ffd" + "60" + "000f" + "030010" + "07");
    assertMalformed(bomb, "");
  }

  @Test
  void frameOfADictionaryIsRefused() {
    byte[] dictionary = new byte[1024];
    new Random(6).nextBytes(dictionary);
    System.arraycopy(HexFormat.of().parseHex("37a430ec01020304"), 0, dictionary, 0, 8);
    byte[] page = page(6);
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      // Raw content as a dictionary: matches reach behind the frame's begin.
      context.loadDict(page.clone());
      byte[] frame = context.compress(page);
      assertTrue(frame.length < 200, "the dictionary was used");
      assertMalformed(frame, "");
    }
  }

  @Test
  void anyBytesGiveAPageOrAreRefused() {
    long seed = Long.getLong("hydrant.seed", 20_261_120);
    Random random = new Random(seed);
    byte[] frame = Zstd.compress(page(7));
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = frame.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        damaged[random.nextInt(random.nextBoolean() ? 16 : damaged.length)] =
            (byte) random.nextInt();
      }
      ByteBuffer target = guarded(random.nextBoolean());
      ByteBuffer encoded = random.nextBoolean() ? heap(damaged) : direct(damaged);
      try {
        codec.decodeZstd(encoded, target);
        assertEquals(target.limit(), target.position());
      } catch (MalformedPageException e) {
        assertTrue(e.toString().contains("zstd frame"), e.toString());
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round + " of -Dhydrant.seed=" + seed, e);
      }
      assertGuarded(target);
    }
  }

  @Test
  void manyThreadsShareIt() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        byte[] page = page(i);
        byte[] frame = Zstd.compress(page);
        all.add(
            threads.submit(() -> {
              ByteBuffer target = ByteBuffer.allocate(PAGE_BYTES);
              codec.decodeZstd(heap(frame), target);
              assertArrayEquals(page, target.array());
              return null;
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  @Test
  void closedCodecSaysSo() {
    codec.close();
    assertThrows(
        IllegalStateException.class,
        () -> codec.decodeZstd(heap(Zstd.compress(page(1))), guarded(false)));
  }

  private void assertMalformed(byte[] frame, String message) {
    for (ByteBuffer encoded : List.of(heap(frame), direct(frame))) {
      ByteBuffer target = guarded(encoded.isDirect());
      MalformedPageException e =
          assertThrows(MalformedPageException.class, () -> codec.decodeZstd(encoded, target));
      assertTrue(e.toString().contains(message), e.toString());
      assertGuarded(target);
    }
  }

  /** Half noise, half text. */
  private static byte[] page(int seed) {
    byte[] page = new byte[PAGE_BYTES];
    new Random(seed).nextBytes(page);
    for (int i = 0; i < PAGE_BYTES / 2; i++) {
      page[i] = (byte) "fail-over image ".charAt(i % 16);
    }
    return page;
  }

  private static ByteBuffer heap(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes.length + 11);
    return buffer.put(3, bytes).position(3).limit(3 + bytes.length);
  }

  private static ByteBuffer direct(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length + 11);
    return buffer.put(3, bytes).position(3).limit(3 + bytes.length);
  }

  /** Room for a page with guards on both sides. */
  private static ByteBuffer guarded(boolean direct) {
    int bytes = PAGE_BYTES + 2 * GUARD_BYTES;
    ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
    for (int i = 0; i < bytes; i++) {
      buffer.put(i, GUARD);
    }
    return buffer.position(GUARD_BYTES).limit(GUARD_BYTES + PAGE_BYTES);
  }

  private static void assertGuarded(ByteBuffer target) {
    ByteBuffer all = target.duplicate().clear();
    for (int i = 0; i < GUARD_BYTES; i++) {
      assertEquals(GUARD, all.get(i));
      assertEquals(GUARD, all.get(GUARD_BYTES + PAGE_BYTES + i));
    }
  }

  private static byte[] content(ByteBuffer target) {
    byte[] content = new byte[PAGE_BYTES];
    target.duplicate().get(GUARD_BYTES, content);
    return content;
  }
}
