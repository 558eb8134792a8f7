package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.grpc.KnownLength;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.WriteCheckpointRequest;
import java.io.ByteArrayInputStream;
import org.junit.jupiter.api.Test;

final class AliasingMarshallerTest {
  private static final WriteCheckpointRequest OVERSIZED =
      WriteCheckpointRequest.newBuilder().setAttempt(-1).build();

  private static final WriteCheckpointRequest MESSAGE =
      WriteCheckpointRequest.newBuilder()
          .setAttempt(7)
          .setSlim(SlimChunk.newBuilder().setData(ByteString.copyFrom(new byte[1_000])))
          .build();

  private final AliasingMarshaller<WriteCheckpointRequest> marshaller =
      new AliasingMarshaller<>(
          WriteCheckpointRequest.getDefaultInstance(),
          WriteCheckpointRequest.parser(),
          2_000,
          OVERSIZED);

  /** As gRPC's streams: tells its length. Whoever gathers it in pieces copies it twice. */
  private static class Frame extends ByteArrayInputStream implements KnownLength {
    Frame(byte[] bytes) {
      super(bytes);
    }

    @Override
    public byte[] readAllBytes() {
      throw new AssertionError("copies once too often");
    }
  }

  @Test
  void aMessageOfKnownLengthIsReadInOneGo() {
    assertEquals(MESSAGE, marshaller.parse(new Frame(MESSAGE.toByteArray())));
    assertEquals(MESSAGE, marshaller.parse(new ByteArrayInputStream(MESSAGE.toByteArray())));
  }

  @Test
  void whatIsTooLargeIsNotRead() {
    assertSame(OVERSIZED, marshaller.parse(new Frame(new byte[2_001])));
  }

  @Test
  void aStreamThatEndsEarlyIsAnError() {
    Frame frame =
        new Frame(MESSAGE.toByteArray()) {
          @Override
          public synchronized int available() {
            return super.available() + 1;
          }
        };
    StatusRuntimeException e =
        assertThrows(StatusRuntimeException.class, () -> marshaller.parse(frame));
    assertEquals(Status.Code.INTERNAL, e.getStatus().getCode());
  }
}
