package io.hydrant.node.ingest;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import java.io.IOException;
import java.io.InputStream;

/**
 * Parses messages so that their bytes fields are views of the one array that was read from the
 * network: gRPC's own marshaller copies them once more, which for 1 MiB batches is a good part of a
 * page's way in.
 */
public final class AliasingMarshaller<T extends Message> implements MethodDescriptor.Marshaller<T> {
  private final Parser<T> parser;
  private final int bytesMax;
  private final T oversized;
  private final MethodDescriptor.Marshaller<T> plain;

  /**
   * @param bytesMax beyond that a message is not read
   * @param oversized stands in for such a one: what fails here, or in gRPC, only tells the client
   *     "cancelled"
   */
  public AliasingMarshaller(T prototype, Parser<T> parser, int bytesMax, T oversized) {
    this.parser = parser;
    this.bytesMax = bytesMax;
    this.oversized = oversized;
    this.plain = ProtoUtils.marshaller(prototype);
  }

  @Override
  public InputStream stream(T message) {
    return plain.stream(message);
  }

  @Override
  public T parse(InputStream stream) {
    try (stream) {
      if (stream.available() > bytesMax) {
        return oversized;
      }
      // An input over a plain array copies whatever it is told: it may only take views of one that
      // is said not to change.
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(bytes(stream)).newCodedInput();
      input.enableAliasing(true);
      T message = parser.parseFrom(input);
      input.checkLastTagWas(0);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the message is not a valid protobuf message: " + e.getMessage())
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw Status.INTERNAL
          .withDescription("reading the message failed")
          .withCause(e)
          .asRuntimeException();
    }
  }

  /** {@code readAllBytes} would gather pieces and copy them into the array at the end. */
  private static byte[] bytes(InputStream stream) throws IOException {
    if (!(stream instanceof KnownLength)) {
      return stream.readAllBytes();
    }
    byte[] bytes = new byte[stream.available()];
    int read = stream.readNBytes(bytes, 0, bytes.length);
    if (read != bytes.length) {
      throw new IOException("the message ends after %d of %d bytes".formatted(read, bytes.length));
    }
    return bytes;
  }
}
