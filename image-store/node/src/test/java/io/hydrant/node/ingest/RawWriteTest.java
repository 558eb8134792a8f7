package io.hydrant.node.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.hydrant.engine.store.Refusal;
import io.hydrant.peer.v1.RawWrite;
import io.hydrant.v1.Pages;
import io.hydrant.v1.WriteCheckpointRequest;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The message that leaves a batch as its bytes is the protector's, field by field. */
final class RawWriteTest {
  private static final Pages PAGES =
      Pages.newBuilder().setRegion(1).addPage(7).setData(ByteString.copyFromUtf8("page")).build();

  @Test
  void everyFieldIsTheSameOnTheWire() {
    assertEquals(
        fields(WriteCheckpointRequest.getDescriptor().getFields()),
        fields(RawWrite.getDescriptor().getFields()));
  }

  private static List<String> fields(List<FieldDescriptor> fields) {
    return fields.stream()
        .map(field ->
            "%d %s %s"
                .formatted(
                    field.getNumber(),
                    field.getName(),
                    field.getName().equals("batch") ? "bytes of Pages" : typeOf(field)))
        .toList();
  }

  private static String typeOf(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        ? field.getMessageType().getFullName()
        : field.getType().name();
  }

  @Test
  void aBatchIsItsBytes() throws Exception {
    WriteCheckpointRequest sent =
        WriteCheckpointRequest.newBuilder().setAttempt(3).setBatch(PAGES).build();
    RawWrite raw = RawWrite.parseFrom(sent.toByteString());
    assertEquals(3, raw.getAttempt());
    assertEquals(PAGES.toByteString(), raw.getBatch());
    assertEquals(PAGES, Pages.parseFrom(raw.getBatch()));
  }

  @Test
  void aBatchIsReadWithoutACopy() throws Exception {
    byte[] sent =
        WriteCheckpointRequest.newBuilder().setAttempt(3).setBatch(PAGES).build().toByteArray();
    AliasingMarshaller<RawWrite> marshaller =
        new AliasingMarshaller<>(
            RawWrite.getDefaultInstance(), RawWrite.parser(), 2_000, RawWrite.getDefaultInstance());
    ByteString batch = marshaller.parse(new ByteArrayInputStream(sent)).getBatch();
    ByteBuffer data = HeapBytes.of(BatchReader.pages(batch).getData());
    assertEquals(ByteBuffer.wrap("page".getBytes(UTF_8)), data);
    assertSame(HeapBytes.of(batch).array(), data.array());
    assertEquals(sent.length, data.array().length, "the array that came from the network");
  }

  @Test
  void aBatchThatIsNoMessageIsRefused() {
    assertThrows(Refusal.class, () -> BatchReader.pages(ByteString.copyFromUtf8("pages")));
  }
}
