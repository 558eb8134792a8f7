package io.hydrant.node.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.SessionId;
import io.hydrant.node.api.ApiException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SessionTokenTest {
  private static final SessionToken TOKEN =
      new SessionToken(new SessionId(41), CheckpointKey.of(7, 12), 41);

  @Test
  void comesBack() {
    assertEquals(TOKEN, SessionToken.decode(TOKEN.encode()));
  }

  @Test
  void anythingElseIsRefused() {
    byte[] good = TOKEN.encode().toByteArray();
    for (int i = 0; i < 8 * good.length; i++) {
      byte[] bad = good.clone();
      bad[i / 8] ^= (byte) (1 << i % 8);
      assertRefused(bad);
    }
    for (int length = 0; length < good.length; length++) {
      assertRefused(Arrays.copyOf(good, length));
    }
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      byte[] bytes = new byte[random.nextInt(80)];
      random.nextBytes(bytes);
      assertRefused(bytes);
    }
  }

  private static void assertRefused(byte[] bytes) {
    assertThrows(ApiException.class, () -> SessionToken.decode(ByteString.copyFrom(bytes)));
  }
}
