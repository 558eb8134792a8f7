package io.hydrant.node.damage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.node.FakeProposals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class DamageRoundsTest {
  private static final TractKey TRACT = new TractKey(new ImageId(4), 0, 7);

  private final FakeProposals proposals = new FakeProposals(new Catalog());
  private final List<StoredVersion> bad = new ArrayList<>(versions(3, 9));
  private final List<StoredVersion> badElsewhere = new ArrayList<>();
  private final List<PeerLife> lives =
      new ArrayList<>(List.of(new PeerLife("n2", 1), new PeerLife("n3", 1)));
  private Voters voters = Voters.of(Set.of("n1", "n2", "n3"));
  private Answer ofSecond = Answer.NONE;
  private Answer ofThird = Answer.NONE;
  private boolean thirdIsThere = true;
  private long nanos = 3;

  private final PageCopies own =
      new PageCopies() {
        @Override
        public List<StoredVersion> bad(int max) {
          return bad;
        }

        @Override
        public Answer answer(StoredVersion version) {
          return Answer.NONE;
        }
      };

  private final CopyWitnesses others =
      new CopyWitnesses() {
        @Override
        public Collection<Told> ask(List<StoredVersion> versions) {
          List<Told> told = new ArrayList<>();
          told.add(told("n2", ofSecond, versions));
          if (thirdIsThere) {
            told.add(told("n3", ofThird, versions));
          }
          return told;
        }

        @Override
        public Collection<PeerLife> lives() {
          return lives;
        }

        @Override
        public Voters voters() {
          return voters;
        }
      };

  private final DamageRounds rounds =
      new DamageRounds(new PeerLife("n1", 1), own, others, proposals, () -> nanos);

  private static List<StoredVersion> versions(int... pages) {
    List<StoredVersion> versions = new ArrayList<>();
    for (int page : pages) {
      versions.add(StoredVersion.of(TRACT, 12, page));
    }
    return versions;
  }

  private CopyWitnesses.Told told(String node, Answer answer, List<StoredVersion> versions) {
    return new CopyWitnesses.Told(
        new PeerLife(node, 1), versions.stream().map(_ -> answer).toList(), badElsewhere);
  }

  private List<Command> after(int seconds) throws IOException {
    for (int i = 0; i < seconds; i++) {
      nanos += TimeUnit.SECONDS.toNanos(1);
      rounds.step();
    }
    return proposals.take();
  }

  private static Command mark(Integer... pages) {
    return new Command.MarkDamaged(
        TRACT.image(), 0, 7, versions(1).getFirst().checkpoint(), List.of(pages));
  }

  @Test
  void allOfATractTogetherOnceRepairHasHadItsTurn() throws Exception {
    assertEquals(List.of(), after(5));
    assertEquals(List.of(mark(3, 9)), after(5).stream().distinct().toList());
  }

  @Test
  void whatIsBadElsewhereIsAskedForAsWell() throws Exception {
    bad.clear();
    badElsewhere.addAll(versions(5));
    assertEquals(List.of(mark(5)), after(12).stream().distinct().toList());
  }

  @Test
  void aGoodCopyOrASilentVoterOrOneThatCannotSayIsWaitedFor() throws Exception {
    ofSecond = Answer.GOOD;
    assertEquals(List.of(), after(20));
    ofSecond = Answer.UNKNOWN;
    assertEquals(List.of(), after(20));
    ofSecond = Answer.NONE;
    thirdIsThere = false;
    assertEquals(List.of(), after(20));
    voters = Voters.of(Set.of("n1", "n2"));
    assertEquals(List.of(mark(3, 9)), after(2), "an operator took it out");
  }

  @Test
  void whatWasSaidInAnotherLifeDoesNotCount() throws Exception {
    lives.set(1, new PeerLife("n3", 2));
    assertEquals(List.of(), after(20));
  }

  @Test
  void onlyTheLeaderAsksAndANewOneWaitsAnew() throws Exception {
    after(4);
    proposals.leads = false;
    assertEquals(List.of(), after(10));
    proposals.leads = true;
    assertEquals(List.of(), after(5));
  }

  @Test
  void oneProposalAtATime() throws Exception {
    proposals.silent = true;
    assertEquals(1, after(30).size());
  }
}
