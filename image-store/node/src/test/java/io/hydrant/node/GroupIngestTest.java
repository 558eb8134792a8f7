package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.TakeOverRestore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of a group of three real processes: the bytes are on more than one of them. */
final class GroupIngestTest {
  private static final ByteString TOKEN = ByteString.copyFromUtf8("0123456789abcdef");
  private static final int PAGES = 1_024;

  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedSurvivesTheLeader() throws Exception {
    try (GroupOfThree group = new GroupOfThree(directory)) {
      group.startAll(0, 1, 2);
      group.init(0, TOKEN);
      int leader = group.awaitLeader(0, 1, 2);
      int second = (leader + 1) % GroupOfThree.NODES;
      int third = (leader + 2) % GroupOfThree.NODES;
      TestImage image = group.client(leader).image("vm", PAGES);
      long first = group.client(leader).writeFull(image, 1);
      OpenRestoreResponse session = group.client(leader).openRestore(image, first);
      group.client(second).awaitDrawn(session, 1);
      group.client(third).awaitDrawn(session, 1);

      group.kill(third);
      long withTwo = group.client(leader).writeFull(image, 2);
      assertTrue(withTwo > first);
      group.start(third);
      group.awaitLeader(0, 1, 2);
      long afterwards = group.client(leader).writeFull(image, 3);

      WriteStream stream = new WriteStream(group.client(leader).channel());
      stream.openFull(1, image);
      assertTrue(stream.next().hasOpened());
      AcquireProtectionRequest fencing =
          AcquireProtectionRequest.newBuilder()
              .setImage(NodeClient.ref(image))
              .setAnyEpoch(true)
              .setOwnerToken(TOKEN)
              .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_LATEST)
              .build();
      AcquireProtectionResponse fenced = group.client(leader).images().acquireProtection(fencing);
      assertEquals(afterwards, fenced.getRestore().getCheckpoint().getId());
      group.kill(leader);
      int next = group.awaitLeader(second, third);
      assertEquals(
          afterwards,
          group
              .client(next)
              .images()
              .getImage(GetImageRequest.newBuilder().setImage(NodeClient.ref(image)).build())
              .getHead());
      assertEquals(
          fenced,
          group.client(next).images().acquireProtection(fencing),
          "a repeat gets the first answer, whoever leads");
      group.client(next).awaitDrawn(fenced.getRestore(), 3);
      TestImage owned = group.client(next).acquire(image.uid(), "vm", PAGES);
      assertTrue(group.client(next).writeFull(owned, 4) > afterwards);
      OpenRestoreResponse again = group.client(next).openRestore(owned, afterwards);
      group.client(next).awaitDrawn(again, 3);
    }
  }
}
