package io.hydrant.node.damage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.node.FakeProposals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class DamageRoundsTest {
  private static final TractKey TRACT = new TractKey(new ImageId(4), 0, 7);

  private final Catalog catalog = new Catalog();
  private final FakeProposals proposals = new FakeProposals(catalog);
  private final SortedSet<StoredVersion> bad = new TreeSet<>(versions(3, 9));
  private final SortedSet<StoredVersion> badElsewhere = new TreeSet<>();
  private final Map<StoredVersion, Answer> ofSecond = new HashMap<>();
  private final List<PeerLife> lives =
      new ArrayList<>(List.of(new PeerLife("n2", 1), new PeerLife("n3", 1)));
  private final Set<String> needed = new TreeSet<>(Set.of("n1", "n2", "n3"));
  private Answer own = Answer.NONE;
  private boolean thirdAnswers = true;
  private int asks;
  private int reads;
  private int slow = -1;
  private final List<Command> everything = new ArrayList<>();
  private long nanos = 3;

  private final PageCopies copies =
      new PageCopies() {
        @Override
        public List<StoredVersion> bad(Optional<StoredVersion> after, int max) {
          return behind(bad, after, max);
        }

        @Override
        public Answer answer(StoredVersion version) {
          reads++;
          return own;
        }
      };

  private static List<StoredVersion> behind(
      SortedSet<StoredVersion> all, Optional<StoredVersion> after, int max) {
    return all.stream()
        .filter(one -> after.isEmpty() || one.compareTo(after.get()) > 0)
        .limit(max)
        .toList();
  }

  private final CopyWitnesses others =
      new CopyWitnesses() {
        @Override
        public Collection<Told> ask(List<StoredVersion> versions, Optional<StoredVersion> after) {
          asks++;
          List<StoredVersion> tells = behind(badElsewhere, after, DamageRounds.VERSIONS_MAX);
          List<Told> told = new ArrayList<>();
          told.add(
              new Told(
                  new PeerLife("n2", 1),
                  versions.stream().map(v -> ofSecond.getOrDefault(v, Answer.NONE)).toList(),
                  tells));
          if (thirdAnswers && versions.stream().noneMatch(v -> v.page() == slow)) {
            told.add(
                new Told(
                    new PeerLife("n3", 1),
                    versions.stream().map(_ -> Answer.NONE).toList(),
                    List.of()));
          }
          return told;
        }

        @Override
        public Collection<PeerLife> lives() {
          return lives;
        }

        @Override
        public Set<String> needed() {
          return needed;
        }

        @Override
        public void close() {}
      };

  private final DamageRounds rounds =
      new DamageRounds(new PeerLife("n1", 1), copies, others, proposals, () -> nanos);

  private static List<StoredVersion> versions(int... pages) {
    List<StoredVersion> versions = new ArrayList<>();
    for (int page : pages) {
      versions.add(StoredVersion.of(TRACT, 12, page));
    }
    return versions;
  }

  private List<Command> after(int seconds) throws IOException {
    for (int i = 0; i < seconds; i++) {
      nanos += TimeUnit.SECONDS.toNanos(1);
      rounds.step();
    }
    List<Command> taken = proposals.take();
    everything.addAll(taken);
    return taken;
  }

  private static Command mark(Integer... pages) {
    return new Command.MarkDamaged(
        TRACT.image(), 0, 7, versions(1).getFirst().checkpoint(), List.of(pages));
  }

  @Test
  void allOfATractTogetherOnceRepairHasHadItsTurn() throws Exception {
    assertEquals(List.of(), after(7));
    assertEquals(List.of(mark(3, 9)), after(2));
  }

  @Test
  void whatIsBadElsewhereIsAskedForAsWell() throws Exception {
    bad.clear();
    badElsewhere.addAll(versions(5));
    assertEquals(List.of(mark(5)), after(12));
  }

  @Test
  void aGoodCopyHoldsUpNoOtherPage() throws Exception {
    ofSecond.put(versions(3).getFirst(), Answer.GOOD);
    assertEquals(List.of(mark(9)), after(60));
  }

  @Test
  void whoCannotSayIsWaitedFor() throws Exception {
    bad.removeAll(versions(9));
    ofSecond.put(versions(3).getFirst(), Answer.UNKNOWN);
    assertEquals(List.of(), after(60));
    ofSecond.clear();
    own = Answer.UNKNOWN; // marked already, for instance
    assertEquals(List.of(), after(60));
    own = Answer.NONE;
    assertEquals(List.of(mark(3)), after(30));
  }

  @Test
  void onePageThatIsSlowKeepsNoOtherFromBeingAskedFor() throws Exception {
    bad.clear();
    for (int page = 1; page <= 7; page++) {
      bad.add(StoredVersion.of(TRACT, page, page));
    }
    slow = 4;
    after(300);
    Set<Integer> marked = new TreeSet<>();
    for (Command command : everything) {
      marked.addAll(((Command.MarkDamaged) command).pages());
    }
    assertEquals(Set.of(1, 2, 3, 5, 6, 7), marked);
  }

  @Test
  void aGoodCopyInOneOfTheRoundsIsEnough() throws Exception {
    after(6);
    ofSecond.put(versions(3).getFirst(), Answer.GOOD);
    assertEquals(List.of(mark(9)), after(2));
  }

  @Test
  void whoIsAwayIsWaitedForAndMeanwhileNobodyReads() throws Exception {
    lives.removeLast();
    assertEquals(List.of(), after(60));
    assertEquals(0, asks);
    assertEquals(0, reads);
    needed.remove("n3");
    assertEquals(Set.of(mark(3, 9)), Set.copyOf(after(20)), "declared dead");
  }

  @Test
  void silenceAndWhatWasSaidInAnotherLifeDoNotCount() throws Exception {
    thirdAnswers = false;
    assertEquals(List.of(), after(60));
    thirdAnswers = true;
    lives.set(1, new PeerLife("n3", 2));
    assertEquals(List.of(), after(60));
    assertEquals(0, reads, "of what nobody else has only");
  }

  @Test
  void whatADeviceDoesNotGiveIsTriedForMinutes() throws Exception {
    bad.removeAll(versions(9));
    ofSecond.put(versions(3).getFirst(), Answer.UNREADABLE);
    assertEquals(List.of(), after(290));
    assertEquals(List.of(mark(3)), after(120));
  }

  @Test
  void aDeviceThatGaveItMeanwhileIsTriedForMinutesAnew() throws Exception {
    bad.removeAll(versions(9));
    ofSecond.put(versions(3).getFirst(), Answer.UNREADABLE);
    after(200);
    ofSecond.put(versions(3).getFirst(), Answer.GOOD);
    after(30);
    ofSecond.put(versions(3).getFirst(), Answer.UNREADABLE);
    assertEquals(List.of(), after(200));
    PeerLife third = lives.removeLast();
    after(30);
    lives.add(third);
    assertEquals(List.of(), after(200), "nobody was asked meanwhile");
  }

  @Test
  void moreThanOneRoundTakesAreAllSettled() throws Exception {
    bad.clear();
    for (int page = 0; page < 2 * DamageRounds.VERSIONS_MAX; page++) {
      bad.addAll(versions(page));
      ofSecond.put(versions(page).getFirst(), Answer.GOOD);
    }
    bad.addAll(versions(2_000));
    assertEquals(List.of(mark(2_000)), after(20));
  }

  @Test
  void onlyTheLeaderAsks() throws Exception {
    proposals.leads = false;
    assertEquals(List.of(), after(60));
    assertEquals(0, asks);
  }

  @Test
  void oneProposalAtATimeAndARefusedOneRests() throws Exception {
    proposals.silent = true;
    assertEquals(1, after(60).size());
    proposals.silent = false;
    proposals.go(1); // there is no such image
    assertEquals(0, after(500).size());
    assertEquals(1, after(150).size());
  }
}
