package io.hydrant.testkit.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Operation.Restore;
import io.hydrant.testkit.history.RecordedHistory.MalformedException;
import io.hydrant.testkit.history.RecordedHistory.Remark;
import io.hydrant.testkit.history.Result.Why;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written down is read again, wherever the writer died. */
class HistoryFileTest {
  private static final String IMAGE = "vm";
  private static final Interval OPEN = new Interval(15, Long.MAX_VALUE);

  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void name() {
    path = directory.resolve(RecordedHistory.FILE_NAME);
  }

  private static Interval at(long invoked) {
    return new Interval(invoked, invoked + 5);
  }

  private static Commit commit(Interval during, Base base, long attempt, Result<Committed> result) {
    OptionalLong id =
        result instanceof Result.Ok<Committed>(Committed ok)
            ? OptionalLong.of(ok.id())
            : OptionalLong.empty();
    return new Commit("p", during, IMAGE, attempt, 1, base, "c" + attempt, id, result);
  }

  @Test
  void everyOperationIsReadAsItWasWritten() throws Exception {
    List<Operation> operations =
        List.of(
            new Acquire(
                "a\tb\nc\\d\re", at(0), IMAGE, OptionalLong.empty(), ok(new Acquired(1, 0))),
            new Acquire(
                "p", at(1), IMAGE, OptionalLong.of(1), new Result.Failed<>(Why.STALE_EPOCH)),
            new Acquire("p", at(2), IMAGE, OptionalLong.of(1), new Result.Unknown<>()),
            commit(at(3), new Base.Nothing(), 1, ok(new Committed(7, 70))),
            commit(at(4), new Base.Checkpoint(7), 2, new Result.Failed<>(Why.OTHER)),
            commit(at(5), new Base.Attempt(2), 3, new Result.Unknown<>()),
            new ReadHead("o", at(6), IMAGE, ok(new Head(1, 7, 71))),
            new ReadHead("o", at(7), IMAGE, new Result.Unknown<>()),
            new ListAll("o", at(8), IMAGE, ok(List.of(new Listed(7, 1, 0), new Listed(9, 1, 7)))),
            new ListAll("o", at(9), IMAGE, ok(List.of())),
            new ListAll("o", at(10), IMAGE, new Result.Failed<>(Why.OTHER)),
            new Pin("r", at(11), IMAGE, 1, OptionalLong.empty(), ok(7L)),
            new Pin("r", at(12), IMAGE, 2, OptionalLong.of(5), new Result.Failed<>(Why.RETIRED)),
            new Restore("r", at(13), IMAGE, 1, ok("c1")),
            new Restore("r", at(14), IMAGE, 1, new Result.Failed<>(Why.GONE)));
    Quiet quiet = new Quiet(80, new TreeMap<>(Map.of("n1", 80L, "n2", -1L)));
    try (HistoryFile file = HistoryFile.create(path)) {
      file.image(IMAGE, 5);
      operations.forEach(file::add);
      file.remark("fault", "leader killed,\ttwice");
      file.quiet(quiet);
    }
    RecordedHistory read = RecordedHistory.read(path);
    assertEquals(new History(Map.of(IMAGE, 5), operations, Optional.of(quiet)), read.history());
    assertEquals(List.of(new Remark("fault", "leader killed,\ttwice")), read.remarks());
    assertTrue(read.ended());
  }

  private static <T> Result<T> ok(T value) {
    return new Result.Ok<>(value);
  }

  /** Somebody else sees each change before its own caller has the answer. */
  private void changesSeenByOthersFirst() throws IOException {
    try (HistoryFile file = HistoryFile.create(path)) {
      file.image(IMAGE, 5);
      Acquire acquire = new Acquire("p", OPEN, IMAGE, OptionalLong.empty(), new Result.Unknown<>());
      file.begun(acquire);
      file.add(new ReadHead("o", at(16), IMAGE, ok(new Head(1, 0, 10))));
      file.add(
          new Acquire(
              "p", new Interval(15, 30), IMAGE, OptionalLong.empty(), ok(new Acquired(1, 0))));
      file.begun(
          commit(new Interval(31, Long.MAX_VALUE), new Base.Nothing(), 1, new Result.Unknown<>()));
      file.begun(
          commit(new Interval(32, Long.MAX_VALUE), new Base.Attempt(1), 2, new Result.Unknown<>()));
      file.add(new ReadHead("o", at(33), IMAGE, ok(new Head(1, 3, 30))));
      file.add(new Pin("r", at(34), IMAGE, 1, OptionalLong.empty(), ok(4L)));
      file.add(new Restore("r", at(41), IMAGE, 1, ok("c2")));
      file.add(
          new ListAll("o", at(50), IMAGE, ok(List.of(new Listed(3, 1, 0), new Listed(4, 1, 3)))));
      file.add(commit(new Interval(31, 60), new Base.Nothing(), 1, ok(new Committed(3, 30))));
      file.add(commit(new Interval(32, 61), new Base.Attempt(1), 2, ok(new Committed(4, 40))));
      file.add(new ReadHead("o", at(70), IMAGE, ok(new Head(1, 4, 41))));
    }
  }

  @Test
  void aRightHistoryIsRightWhereverItWasCutOff() throws Exception {
    changesSeenByOthersFirst();
    byte[] all = Files.readAllBytes(path);
    int header = HistoryFile.HEADER.length() + 1;
    for (int length = header; length <= all.length; length++) {
      Files.write(path, Arrays.copyOf(all, length));
      RecordedHistory cut = RecordedHistory.read(path);
      assertEquals(length == all.length, cut.ended());
      assertEquals(List.of(), HistoryChecker.check(cut.history()), "cut at " + length);
    }
  }

  /** Else a run that was killed would be accused of what its own clients had begun. */
  @Test
  void withoutWhatWasBegunACutOffHistoryWouldBeWrong() throws Exception {
    changesSeenByOthersFirst();
    List<String> lines =
        Files.readAllLines(path).stream().filter(line -> !line.startsWith("begun")).toList();
    Files.write(path, lines.subList(0, 5));
    assertFalse(HistoryChecker.check(RecordedHistory.read(path).history()).isEmpty());
  }

  @Test
  void anAnswerThatWasBeingWrittenCountsAsUnknown() throws Exception {
    try (HistoryFile file = HistoryFile.create(path)) {
      Commit sent = commit(OPEN, new Base.Nothing(), 1, new Result.Unknown<>());
      file.begun(sent);
      file.add(commit(new Interval(15, 20), new Base.Nothing(), 1, ok(new Committed(3, 30))));
    }
    String text = Files.readString(path);
    Files.writeString(path, text.substring(0, text.indexOf("\nend") - 1));
    RecordedHistory read = RecordedHistory.read(path);
    assertEquals(
        List.of(commit(OPEN, new Base.Nothing(), 1, new Result.Unknown<>())),
        read.history().operations());
    assertFalse(read.ended());
  }

  @Test
  void whatComesAfterTheProcessWasToldToEndIsNotHeldAgainstAnybody() throws Exception {
    try (HistoryFile file = HistoryFile.create(path)) {
      file.remark("fault", "leader killed");
      file.cutOff();
      file.remark("violation", "a server ended by itself");
    }
    RecordedHistory read = RecordedHistory.read(path);
    assertEquals(List.of(new Remark("fault", "leader killed")), read.remarks());
    assertFalse(read.ended());
  }

  @Test
  void damageInTheMiddleIsSaidWithItsLine() throws Exception {
    changesSeenByOthersFirst();
    List<String> lines = Files.readAllLines(path);
    for (String wrong :
        List.of("did\tcommit\tp\t1", "did\tpin\tr\tx\t9\tvm\t1\t-\tok\t4", "what")) {
      lines.set(3, wrong);
      Files.write(path, lines);
      MalformedException refused =
          assertThrows(MalformedException.class, () -> RecordedHistory.read(path));
      assertTrue(String.valueOf(refused.getMessage()).contains("line 4"), refused::toString);
    }
    Files.writeString(path, "something else\n");
    assertThrows(MalformedException.class, () -> RecordedHistory.read(path));
  }

  @Test
  void anEarlierHistoryIsNotOverwritten() throws Exception {
    HistoryFile.create(path).close();
    assertThrows(FileAlreadyExistsException.class, () -> HistoryFile.create(path));
  }
}
