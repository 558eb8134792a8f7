package io.hydrant.node.scrub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.store.ScrubCursor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrubFileTest {
  @TempDir private Path directory;

  @Test
  void remembersHowFarItIs() {
    ScrubFile file = new ScrubFile(directory);
    assertEquals(Optional.empty(), file.read());
    ScrubFile.State idle = new ScrubFile.State(5, 7, Optional.empty());
    file.write(idle);
    assertEquals(Optional.of(idle), file.read());
    ScrubFile.State running =
        new ScrubFile.State(9, 7, Optional.of(new ScrubCursor(Long.MAX_VALUE, 1, 2, 3, 4)));
    file.write(running);
    assertEquals(Optional.of(running), new ScrubFile(directory).read());
  }

  @Test
  void whatIsNoSuchFileIsAsIfThereWereNone() throws IOException {
    for (String text : new String[] {"", "nonsense", "began_millis=x", "\\u00zz"}) {
      Files.writeString(directory.resolve("scrub"), text);
      assertEquals(Optional.empty(), new ScrubFile(directory).read(), text);
    }
  }
}
