package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ListCheckpointsRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.PageDigestsRequest;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.ReadSlimRequest;
import io.hydrant.v1.SlimPart;
import io.hydrant.v1.WriteCheckpointResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint goes in, the same bytes come out, also after a restart. */
final class NodeRoundTripTest {
  private static final int PAGES = 3_000;

  @TempDir Path directory;

  @Test
  void checkpointsComeOutAsTheyWentInAlsoAfterARestart() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      TestImage image = fixture.image("vm-1", PAGES);
      long full = fixture.writeFull(image, 1);

      WriteStream stream = new WriteStream(fixture.channel());
      Draft second = new Draft(PAGES);
      stream
          .openOn(1, image, full)
          .batch(1, second.raw(2, 5, 6, 7))
          .batch(1, second.zero(2_048, 4))
          .commit(1, second.commit());
      Draft third = new Draft(PAGES);
      stream
          .openOnAttempt(2, image, 1)
          .batch(2, third.raw(3, 7))
          .slim(2, third.slim(new byte[] {9}))
          .commit(2, third.commit());
      assertTrue(stream.next().hasOpened());
      long secondId = 0;
      long thirdId = 0;
      for (int i = 0; i < 3; i++) {
        WriteCheckpointResponse answer = stream.next();
        if (answer.hasCommitted()) {
          if (answer.getAttempt() == 1) {
            secondId = answer.getCommitted().getCheckpoint();
          } else {
            thirdId = answer.getCommitted().getCheckpoint();
          }
        }
      }
      stream.halfClose();
      assertTrue(stream.completed());
      assertTrue(thirdId > secondId && secondId > full);

      check(fixture, image, full, secondId, thirdId);
      fixture.restart();
      check(fixture, image, full, secondId, thirdId);
      assertEquals(List.of(), fixture.faults());
    }
  }

  private static void check(
      NodeFixture fixture, TestImage image, long full, long second, long third)
      throws InterruptedException {
    Image state =
        fixture
            .images()
            .getImage(GetImageRequest.newBuilder().setImage(NodeFixture.ref(image)).build());
    assertEquals(third, state.getHead());
    assertEquals(3, state.getCheckpointCount());
    List<Checkpoint> listed =
        fixture
            .images()
            .listCheckpoints(
                ListCheckpointsRequest.newBuilder().setImage(NodeFixture.ref(image)).build())
            .getCheckpointsList();
    assertEquals(
        List.of(full, second, third),
        listed.stream()
            .filter(c -> c.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
            .map(Checkpoint::getId)
            .toList());

    OpenRestoreResponse session = fixture.openRestore(image, second);
    FetchResponse fetched =
        fixture.fetch(
            FetchRequest.newBuilder()
                .setToken(session.getToken())
                .setId(77)
                .setReadClass(ReadClass.READ_CLASS_FAULT)
                .addPage(7)
                .addPage(0)
                .addPage(2_049)
                .build());
    assertEquals(77, fetched.getId(), fetched::toString);
    Pages pages = fetched.getPages();
    assertEquals(List.of(7L, 0L, 2_049L), pages.getPageList());
    byte[] data = pages.getData().toByteArray();
    assertEquals(2 * Draft.PAGE_BYTES, data.length);
    assertArrayEquals(Draft.content(2, 7), Arrays.copyOf(data, Draft.PAGE_BYTES));
    assertArrayEquals(
        Draft.content(1, 0), Arrays.copyOfRange(data, Draft.PAGE_BYTES, 2 * Draft.PAGE_BYTES));
    assertEquals(1, pages.getEncoding().byteAt(2));

    Map<Long, byte[]> all = prefetch(fixture, session, false);
    assertEquals(PAGES, all.size());
    for (long page = 0; page < PAGES; page++) {
      byte[] expected =
          page >= 5 && page <= 7
              ? Draft.content(2, page)
              : page >= 2_048 && page < 2_052 ? new byte[0] : Draft.content(1, page);
      assertArrayEquals(expected, all.get(page), "page " + page);
    }
    assertEquals(PAGES - 4, prefetch(fixture, session, true).size());
    assertSlim(fixture, fixture.openRestore(image, 0), new byte[] {9});
    assertSlim(fixture, fixture.openRestore(image, full), new byte[] {1, 2, 3});
    assertDigests(fixture, session);
  }

  private static Map<Long, byte[]> prefetch(
      NodeFixture fixture, OpenRestoreResponse session, boolean skipZero) {
    PrefetchRequest request =
        PrefetchRequest.newBuilder()
            .setToken(session.getToken())
            .setReadClass(ReadClass.READ_CLASS_PREFETCH)
            .setSkipZero(skipZero)
            .addRange(PageRange.newBuilder().setFirstPage(2_000).setPageCount(1_000))
            .addRange(PageRange.newBuilder().setFirstPage(17).setPageCount(1))
            .addRange(PageRange.newBuilder().setFirstPage(3).setPageCount(2))
            .addRange(PageRange.newBuilder().setFirstPage(5).setPageCount(12))
            .addRange(PageRange.newBuilder().setFirstPage(0).setPageCount(3))
            .addRange(PageRange.newBuilder().setFirstPage(18).setPageCount(1_982))
            .build();
    Map<Long, byte[]> all = new HashMap<>();
    Iterator<Pages> parts = fixture.restores().prefetch(request);
    while (parts.hasNext()) {
      Pages part = parts.next();
      int offset = 0;
      for (int row = 0; row < part.getPageCount(); row++) {
        int length = part.getEncoding().byteAt(row) == 0 ? Draft.PAGE_BYTES : 0;
        byte[] content = part.getData().substring(offset, offset + length).toByteArray();
        assertTrue(all.put(part.getPage(row), content) == null, "page twice");
        offset += length;
      }
      assertEquals(part.getData().size(), offset);
    }
    return all;
  }

  private static void assertSlim(
      NodeFixture fixture, OpenRestoreResponse session, byte[] expected) {
    Iterator<SlimPart> parts =
        fixture
            .restores()
            .readSlim(ReadSlimRequest.newBuilder().setToken(session.getToken()).build());
    assertArrayEquals(expected, parts.next().getData().toByteArray());
    assertTrue(!parts.hasNext());
  }

  private static void assertDigests(NodeFixture fixture, OpenRestoreResponse session) {
    Iterator<PageDigestPart> parts =
        fixture
            .restores()
            .pageDigests(
                PageDigestsRequest.newBuilder()
                    .setToken(session.getToken())
                    .setRange(PageRange.newBuilder().setFirstPage(10).setPageCount(2_500))
                    .build());
    long page = 10;
    while (parts.hasNext()) {
      PageDigestPart part = parts.next();
      assertEquals(page, part.getFirstPage());
      assertEquals(part.getEncoding().size(), part.getChecksumCount());
      page += part.getChecksumCount();
    }
    assertEquals(2_510, page);
  }
}
