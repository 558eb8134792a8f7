package io.hydrant.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.chaos.load.Tally;
import io.hydrant.testkit.history.Base;
import io.hydrant.testkit.history.HistoryFile;
import io.hydrant.testkit.history.Interval;
import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Operation.Restore;
import io.hydrant.testkit.history.RecordedHistory;
import io.hydrant.testkit.history.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code chaos/run --judge}: a run is judged by its file, whole or cut off. */
class JudgementTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path directory;
  private Path file;
  private Path json;

  @BeforeEach
  void names() {
    file = directory.resolve(RecordedHistory.FILE_NAME);
    json = directory.resolve("outcome.json");
  }

  private static Interval second(int second) {
    return new Interval(second * SECOND, second * SECOND + SECOND / 2);
  }

  /** Two checkpoints are acknowledged, a fault between them; then somebody reads this head. */
  private HistoryFile begin(long headRead) throws IOException {
    HistoryFile history = HistoryFile.create(file);
    history.remark(Judgement.SEED, "7");
    history.remark(Judgement.STRETCH, "1.50");
    history.image("vm", 5);
    history.add(
        new Acquire(
            "p", second(1), "vm", OptionalLong.empty(), new Result.Ok<>(new Acquired(1, 0))));
    history.add(commit(2, new Base.Nothing(), 1));
    history.remark(Tally.FAULT, "leader killed");
    history.add(commit(9, new Base.Checkpoint(1), 2));
    history.add(
        new ReadHead("o", second(11), "vm", new Result.Ok<>(new Head(1, headRead, 10 * headRead))));
    return history;
  }

  private static Commit commit(int second, Base base, long id) {
    return new Commit(
        "p",
        second(second),
        "vm",
        id,
        1,
        base,
        "content" + id,
        OptionalLong.of(id),
        new Result.Ok<>(new Committed(id, 10 * id)));
  }

  private int judge() {
    return new CommandLine(new ChaosMain())
        .setExitCodeExceptionMapper(_ -> ChaosMain.EXIT_BROKEN)
        .setErr(new java.io.PrintWriter(java.io.Writer.nullWriter()))
        .execute("--judge", directory.toString(), "--json", json.toString());
  }

  @Test
  void aRightHistoryPassesAndIsSummedUp() throws Exception {
    try (HistoryFile history = begin(2)) {
      history.add(new Pin("r", second(12), "vm", 1, OptionalLong.empty(), new Result.Ok<>(2L)));
      history.add(new Restore("r", second(13), "vm", 1, new Result.Ok<>("content2")));
    }
    assertEquals(ChaosMain.EXIT_OK, judge());
    assertEquals(
        """
        {"seed":7,"ended":true,"seconds":12.000,"stretch":1.500,"operations":6,"acknowledged":2,\
        "restored":1,"longest_gap_seconds":7.000,"faults":{"leader killed":1},"counts":{},\
        "violations":[]}
        """,
        Files.readString(json));
  }

  @Test
  void aWrongHistoryFails() throws Exception {
    begin(1).close(); // the acknowledged checkpoint 2 is gone
    assertEquals(ChaosMain.EXIT_VIOLATED, judge());
    Outcome outcome = Judgement.of(directory);
    assertTrue(outcome.violations().getFirst().startsWith("NOTHING_LOST"), outcome::json);
  }

  @Test
  void aHistoryWithATornLastLineIsJudgedUpToThere() throws Exception {
    begin(2);
    Files.writeString(file, Files.readString(file) + "did\thead\to\t1400");
    assertEquals(ChaosMain.EXIT_OK, judge());
    assertFalse(Judgement.of(directory).ended());

    Files.delete(file);
    begin(1);
    Files.writeString(file, Files.readString(file) + "did\thead\to\t1400");
    assertEquals(ChaosMain.EXIT_VIOLATED, judge());
  }

  @Test
  void whatTheRunItselfFoundWrongCountsAsWell() throws Exception {
    try (HistoryFile history = begin(2)) {
      history.remark(Tally.VIOLATION, "n2 ended by itself");
    }
    assertEquals(ChaosMain.EXIT_VIOLATED, judge());
  }

  @Test
  void whatIsNoHistoryIsNotJudged() throws Exception {
    assertEquals(ChaosMain.EXIT_BROKEN, judge());
    Files.writeString(file, "something else\n");
    assertEquals(ChaosMain.EXIT_BROKEN, judge());
  }
}
