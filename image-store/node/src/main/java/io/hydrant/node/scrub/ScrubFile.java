package io.hydrant.node.scrub;

import io.hydrant.engine.store.ScrubCursor;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers in the data directory how far the scrub is, so that a server that is started anew every
 * day is verified too. Not synced: whoever loses it verifies something twice. One that cannot be
 * read, or written, is no reason to stop.
 */
final class ScrubFile {
  private static final Logger LOG = LoggerFactory.getLogger(ScrubFile.class);
  private static final String NAME = "scrub";

  private final Path directory;

  /**
   * @param beganMillis when the last pass began, or would have
   * @param endedMillis when the last whole pass ended; 0 if none did
   * @param at where the pass is that runs; empty if none does
   */
  record State(long beganMillis, long endedMillis, Optional<ScrubCursor> at) {}

  ScrubFile(Path directory) {
    this.directory = directory;
  }

  Optional<State> read() {
    Properties values = new Properties();
    try (Reader reader = Files.newBufferedReader(directory.resolve(NAME), StandardCharsets.UTF_8)) {
      values.load(reader);
      return Optional.of(
          new State(number(values, "began_millis"), number(values, "ended_millis"), at(values)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("how far the last scrub was cannot be read, so it begins anew: {}", e.toString());
      return Optional.empty();
    }
  }

  private static Optional<ScrubCursor> at(Properties values) {
    return values.containsKey("image")
        ? Optional.of(
            new ScrubCursor(
                number(values, "image"),
                (int) number(values, "region"),
                (int) number(values, "tract"),
                (int) number(values, "segment"),
                number(values, "bytes_done")))
        : Optional.empty();
  }

  private static long number(Properties values, String name) {
    return Long.parseLong(values.getProperty(name, ""));
  }

  void write(State state) {
    Properties values = new Properties();
    values.setProperty("began_millis", Long.toString(state.beganMillis()));
    values.setProperty("ended_millis", Long.toString(state.endedMillis()));
    state
        .at()
        .ifPresent(at -> {
          values.setProperty("image", Long.toString(at.image()));
          values.setProperty("region", Integer.toString(at.region()));
          values.setProperty("tract", Integer.toString(at.tract()));
          values.setProperty("segment", Integer.toString(at.segment()));
          values.setProperty("bytes_done", Long.toString(at.bytesDone()));
        });
    Path written = directory.resolve(NAME + ".tmp");
    try {
      try (Writer writer = Files.newBufferedWriter(written, StandardCharsets.UTF_8)) {
        values.store(writer, null);
      }
      Files.move(written, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.warn("how far the scrub is cannot be remembered: {}", e.toString());
    }
  }
}
