package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DigestReport;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What DigestAt finds: the same on replicas that came to the same by different ways. */
class DigestTest {
  private static final int PAGES = 3_000;

  private static CheckpointScript fill(CheckpointScript script, long seed) throws Exception {
    return script.all(seed, 10);
  }

  private static DigestReport digest(StoreFixture fixture) throws Exception {
    Outcome outcome = fixture.submit(new Command.DigestAt());
    fixture.runBackground();
    DigestReport report = fixture.store().lastDigest().orElseThrow();
    assertEquals(new Outcome.DigestAsked(report.index()), outcome);
    return report;
  }

  /** A full checkpoint and three increments; the first two are retired. */
  private static void retireTwo(StoreFixture fixture, CheckpointKey first) throws Exception {
    fixture.submit(new Command.SetRetention(fixture.image(), 1));
    fixture.submit(
        new Command.Retire(
            fixture.image(),
            List.of(
                first.checkpoint(),
                CheckpointKey.of(fixture.image().value(), first.checkpoint().value() + 1)
                    .checkpoint())));
  }

  @Test
  void theSameByOtherWays() throws Exception {
    StoreFixture leader = StoreFixture.withPages(PAGES);
    CheckpointKey first = fill(leader.full(), 1).commit();
    leader.onHead().raw(100, 5, 20).commit();
    leader.onHead().raw(200, 0, 3).zero(2_100, 2_110).commit();
    leader.onHead().raw(300, 2_100, 2_105).commit();
    retireTwo(leader, first);

    StoreFixture follower = StoreFixture.withPages(PAGES);
    follower.replica().joinOthers();
    fill(follower.full(), 1).commit();
    follower.snapshot();
    CheckpointScript late = follower.onHead().raw(100, 5, 20);
    late.commitEntry();
    follower.onHead().raw(200, 0, 3).zero(2_100, 2_110).commit();
    follower.onHead().raw(300, 2_100, 2_105).commit();
    retireTwo(follower, first);
    follower.replica().await(late.staged().finish(late.content()));
    follower.runBackground();

    DigestReport expected = digest(leader);
    assertEquals(Set.of(leader.image()), expected.maps().keySet());
    assertEquals(expected, digest(follower));

    follower.snapshot();
    follower.powerCut();
    leader.closeAndReopen();
    DigestReport again = digest(leader);
    assertEquals(expected.maps(), again.maps());
    assertNotEquals(expected.catalog(), again.catalog(), "the catalog's position has moved");
    assertEquals(again, digest(follower));
  }

  @Test
  void asOfItsEntryWhateverComesBehind() throws Exception {
    StoreFixture fixture = StoreFixture.withPages(PAGES);
    fill(fixture.full(), 1).commit();
    DigestReport before = digest(fixture);
    StoreFixture other = StoreFixture.withPages(PAGES);
    fill(other.full(), 1).commit();
    other.submit(new Command.DigestAt());
    other.onHead().raw(7, 0, 3).commitEntry();
    other.runBackground();
    assertEquals(before, other.store().lastDigest().orElseThrow());
  }

  @Test
  void saysNothingOfWhatIsNotWhollyHere() throws Exception {
    StoreFixture fixture = StoreFixture.withPages(PAGES);
    fixture.replica().joinOthers();
    fill(fixture.full(), 1).commit();
    fixture.onHead().raw(7, 0, 3).commitEntry();
    assertTrue(digest(fixture).maps().isEmpty());
  }

  @Test
  void aChangedRowIsFound() throws Exception {
    StoreFixture fixture = StoreFixture.withPages(PAGES);
    fill(fixture.full(), 1).commit();
    fixture.snapshot();
    DigestReport before = digest(fixture);
    fixture.closeAndReopen();
    byte[] row = IndexKeys.tract(new TractKey(fixture.image(), 0, 1));
    PageIndex index = fixture.media().index();
    TractMap map = TractMap.decode("the row", Objects.requireNonNull(index.get(row)));
    assertTrue(map.size() > 0);
    index.flush(
        List.of(
            new PageIndex.Change.Put(
                IndexKeys.tract(new TractKey(fixture.image(), 0, 0)), map.encode())));
    assertNotEquals(before.maps(), digest(fixture).maps());
  }
}
