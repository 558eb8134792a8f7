package io.hydrant.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads a message into one array, of which its bytes fields are slices: one copy from the network
 * buffer instead of two.
 */
final class AliasingMarshaller<T extends Message> implements MethodDescriptor.Marshaller<T> {
  private final Parser<T> parser;

  AliasingMarshaller(Parser<T> parser) {
    this.parser = parser;
  }

  /** The method, with answers read so. */
  static <Q, A extends Message> MethodDescriptor<Q, A> answers(
      MethodDescriptor<Q, A> method, Parser<A> parser) {
    return method.toBuilder(method.getRequestMarshaller(), new AliasingMarshaller<>(parser))
        .build();
  }

  @Override
  public InputStream stream(T value) {
    return new ByteArrayInputStream(value.toByteArray());
  }

  @Override
  public T parse(InputStream stream) {
    try {
      ByteString bytes = UnsafeByteOperations.unsafeWrap(readAll(stream));
      CodedInputStream input = bytes.newCodedInput();
      input.enableAliasing(true);
      T message = parser.parseFrom(input);
      input.checkLastTagWas(0);
      return message;
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  private static byte[] readAll(InputStream stream) throws IOException {
    if (!(stream instanceof KnownLength)) {
      return stream.readAllBytes();
    }
    // Bounded by the channel's largest message.
    byte[] bytes = new byte[stream.available()];
    int read = stream.readNBytes(bytes, 0, bytes.length);
    if (read != bytes.length) {
      throw new IOException("message ends after %d of %d bytes".formatted(read, bytes.length));
    }
    return bytes;
  }

  private static RuntimeException malformed(IOException e) {
    return Status.INTERNAL
        .withDescription("a message of the server is malformed: " + e.getMessage())
        .withCause(e)
        .asRuntimeException();
  }
}
