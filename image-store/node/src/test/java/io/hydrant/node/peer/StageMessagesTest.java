package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.node.Draft;
import io.hydrant.node.ingest.BatchReader;
import io.hydrant.node.ingest.HeapBytes;
import io.hydrant.peer.v1.StageRequest;
import io.hydrant.v1.Pages;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Frames and statements arrive as they were sent. */
final class StageMessagesTest {
  private static final CheckpointKey KEY = CheckpointKey.of(3, 7);
  private static final RegionTable REGIONS =
      new RegionTable(
          List.of(new RegionSpec("ram", RegionKind.MEMORY, Draft.PAGE_BYTES, 4_096L << 12)));

  private static Frame batch(Pages pages, Optional<ByteBuffer> asSent) throws Exception {
    BatchReader.Batch batch = BatchReader.read(REGIONS, pages);
    return new Frame(
        KEY,
        1,
        new Frame.Step.Batch(
            batch.region(), batch.tract(), batch.table(), batch.payload(), asSent));
  }

  @Test
  void aBatchGoesOnByteForByteAndIsNotCopied() throws Exception {
    Pages pages = new Draft(4_096).raw(1, 5, 6, 7).toBuilder().clearLength().build();
    ByteString sent = pages.toByteString();
    ByteBuffer asSent = HeapBytes.of(sent);
    StageRequest request = StageMessages.request(batch(pages, Optional.of(asSent)), REGIONS);
    assertEquals(sent, request.getBatch());
    assertSame(asSent.array(), HeapBytes.of(request.getBatch()).array());
    assertEquals(1, request.getSequence());
  }

  @Test
  void aBatchThatWasReadBackSaysTheSame() throws Exception {
    Draft draft = new Draft(4_096);
    for (Pages pages : List.of(draft.raw(1, 2_049, 2_051), draft.zero(8, 3))) {
      StageRequest request = StageMessages.request(batch(pages, Optional.empty()), REGIONS);
      BatchReader.Batch read = BatchReader.read(REGIONS, BatchReader.pages(request.getBatch()));
      BatchReader.Batch original = BatchReader.read(REGIONS, pages);
      assertEquals(original.tract(), read.tract());
      assertEquals(original.payload(), read.payload());
      assertEquals(original.table().size(), read.table().size());
      for (int row = 0; row < read.table().size(); row++) {
        assertEquals(original.table().pageInTract(row), read.table().pageInTract(row));
        assertEquals(original.table().encoding(row), read.table().encoding(row));
        assertEquals(original.table().checksum(row), read.table().checksum(row));
        assertEquals(original.table().length(row), read.table().length(row));
      }
    }
  }

  @Test
  void anOpenBringsAllThatTheAppliedOneSays() {
    CheckpointInfo opened =
        new CheckpointInfo(
            KEY.checkpoint(),
            Optional.of(new CheckpointId(6)),
            CheckpointKind.INCREMENTAL,
            new Epoch(9),
            REGIONS,
            Optional.empty());
    StageRequest request =
        StageMessages.request(new Frame(KEY, 0, new Frame.Step.Open(opened, 12)), REGIONS);
    assertEquals(opened, StageMessages.opened(KEY, request.getOpen()));
    assertEquals(12, request.getOpen().getOpenIndex());
  }

  @Test
  void everyStatementComesBack() {
    for (Says says :
        List.of(
            new Says.Took(5, 3),
            new Says.Gap(2),
            new Says.Holds(Digest.of(new byte[Digest.BYTES])),
            new Says.Refuses(Rejection.BAD_CHECKSUM, "page 7"))) {
      assertEquals(
          new Statement(KEY, new PeerLife("n2", -5), says),
          StageMessages.statement("n2", StageMessages.stated(KEY, -5, says)));
    }
  }
}
