package io.hydrant.testkit.history;

import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Commit;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes a history down while it happens, one operation a line, each handed to the operating system
 * before the call returns: so a run that is killed can be judged up to there. {@link
 * RecordedHistory} reads it. Safe for use by several threads.
 *
 * <pre>
 * hydrant-history 1
 * image    NAME keepLast
 * begun    OPERATION         a take-over or a commit that is about to be asked for, as unknown
 * did      OPERATION         with what its caller was told
 * quiet    end name=holdMark ...
 * remark   KIND TEXT         whatever else a reader should know
 * end                        the last line of a history that was not cut off
 * </pre>
 *
 * <p>Fields have tabs between them. A change is announced before it is sent, because others may see
 * it, and say so here, before its own caller has its answer: wherever the file is cut, whatever an
 * operation in it shows was begun in it too.
 */
public final class HistoryFile implements AutoCloseable {
  static final String HEADER = "hydrant-history\t1";

  private final BufferedWriter out;
  private boolean closed;

  private HistoryFile(BufferedWriter out) {
    this.out = out;
  }

  /** Begins a file that must not be there yet. */
  public static HistoryFile create(Path path) throws IOException {
    HistoryFile file =
        new HistoryFile(
            Files.newBufferedWriter(path, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW));
    file.line(HEADER);
    return file;
  }

  /** There is an image, which retains so many checkpoints. */
  public void image(String name, int keepsLast) {
    line("image\t" + HistoryLine.escaped(name) + "\t" + keepsLast);
  }

  /** A take-over is about to be sent; its process sends no other one before it is added. */
  public void begun(Acquire acquire) {
    line("begun\t" + HistoryLine.of(acquire));
  }

  /** The commit of a checkpoint is about to be asked for. */
  public void begun(Commit commit) {
    line("begun\t" + HistoryLine.of(commit));
  }

  /** An operation has its answer, or will not get one any more. */
  public void add(Operation operation) {
    line("did\t" + HistoryLine.of(operation));
  }

  public void quiet(Quiet quiet) {
    StringBuilder line = new StringBuilder("quiet\t").append(quiet.end());
    quiet
        .holdMarks()
        .forEach((name, mark) ->
            line.append('\t').append(HistoryLine.escaped(name)).append('=').append(mark));
    line(line.toString());
  }

  /**
   * @param kind one word
   */
  public void remark(String kind, String text) {
    line("remark\t" + kind + "\t" + HistoryLine.escaped(text));
  }

  /** A caller that cannot write down what it did must not go on: it fails. */
  private synchronized void line(String line) {
    if (closed) {
      return; // of a client that did not end in time, which was told already, or of one cut off
    }
    try {
      out.write(line);
      out.write('\n');
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the history cannot be written", e);
    }
  }

  /**
   * Takes nothing any more and does not say that this was all: for a process that is told to end,
   * before what it watches ends with it.
   */
  public synchronized void cutOff() {
    closed = true;
    try {
      out.close();
    } catch (IOException e) {
      // Each line was handed over on its own.
    }
  }

  /** Says that this was all. */
  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      line("end");
      closed = true;
      out.close();
    }
  }
}
