package io.hydrant.client.trace;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where a trace's files are. */
sealed interface TraceSource {
  /** For messages. */
  String describe(String file);

  /**
   * @throws NoSuchFileException with the cure, if there is no such file
   */
  InputStream open(String file) throws IOException;

  /** A directory. */
  record Directory(Path path) implements TraceSource {
    @Override
    public String describe(String file) {
      return path.resolve(file).toString();
    }

    @Override
    public InputStream open(String file) throws IOException {
      Path full = path.resolve(file);
      if (!Files.isRegularFile(full)) {
        throw new NoSuchFileException(
            full.toString(),
            null,
            "there is no such file; a trace is a directory with trace.json and the files it names");
      }
      return Files.newInputStream(full);
    }
  }

  /** A trace that comes with the library, in its jar or its class directory. */
  record Bundled(String name) implements TraceSource {
    @Override
    public String describe(String file) {
      return "bundled trace %s/%s".formatted(name, file);
    }

    @Override
    public InputStream open(String file) throws IOException {
      InputStream stream =
          Trace.class.getResourceAsStream("/io/hydrant/client/traces/" + name + "/" + file);
      if (stream == null) {
        throw new NoSuchFileException(
            describe(file), null, "it does not come with this version; name a directory instead");
      }
      return stream;
    }
  }
}
