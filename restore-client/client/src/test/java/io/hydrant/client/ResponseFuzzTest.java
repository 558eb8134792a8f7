package io.hydrant.client;

import static io.hydrant.client.Protected.PAGE;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Region;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any answer of a server gives checked pages or a named error. */
final class ResponseFuzzTest {
  private static final long SEED = Long.getLong("hydrant.seed", 20261120L);
  private static final Region REGION = Regions.memory("ram", 64L * PAGE);

  @FuzzTest
  void pages(byte[] bytes) throws IOException {
    check(bytes);
  }

  @Test
  void mutatedAnswersAreRefusedOrRight() throws IOException {
    Random random = new Random(SEED);
    BatchBuilder batch = new BatchBuilder(0, 0, PAGE);
    PageChecksum checksum = new PageChecksum();
    PageEncoder encoder = new PageEncoder(EncodingPolicy.ZSTD);
    for (int page = 0; page < 8; page++) {
      byte[] content = new byte[PAGE];
      Arrays.fill(content, (byte) page);
      int length = encoder.compress(content, 0, PAGE);
      batch.addZstd(page, checksum.of(0, page, content, 0, PAGE), encoder.compressed(), length);
    }
    batch.addZero(9);
    batch.addNotKept(10);
    byte[] raw = Protected.page(1);
    batch.addRaw(11, checksum.of(0, 11, raw, 0, PAGE), raw, 0);
    encoder.close();
    byte[] sound = batch.build().toByteArray();
    for (int round = 0; round < 5_000; round++) {
      byte[] bytes = sound.clone();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        // Most of the message is one raw page: look at the head more often.
        int at = random.nextInt(random.nextBoolean() ? 300 : bytes.length);
        bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        check(bytes);
      } catch (RuntimeException e) {
        throw new AssertionError(
            "seed %d, round %d; repeat with -Dtest=ResponseFuzzTest -Dhydrant.seed=%d"
                .formatted(SEED, round, SEED),
            e);
      }
    }
  }

  private static void check(byte[] bytes) throws IOException {
    PageVerifier verifier = new PageVerifier();
    PageChecksum checksum = new PageChecksum();
    try {
      Pages pages = new AliasingMarshaller<>(Pages.parser()).parse(new ByteArrayInputStream(bytes));
      verifier.check(
          "fuzz",
          pages,
          0,
          REGION,
          new PageVerifier.Rows() {
            private int row;

            @Override
            public void expect(int at, long page) {
              row = at;
            }

            @Override
            public void content(long page, byte[] array, int offset) {
              if (checksum.of(0, page, array, offset, PAGE) != pages.getChecksum(row)) {
                throw new AssertionError("an unchecked page got out");
              }
            }

            @Override
            public void zero(long page) {}

            @Override
            public void notKept(long page) {}
          });
      // The same bytes, read the ordinary way.
      if (!Pages.parseFrom(bytes).equals(pages)) {
        throw new AssertionError("aliasing changes the message");
      }
    } catch (HydrantException e) {
      // the named error
    } catch (StatusRuntimeException e) {
      if (!(e.getCause() instanceof InvalidProtocolBufferException)) {
        throw e;
      }
    } finally {
      verifier.close();
    }
  }
}
