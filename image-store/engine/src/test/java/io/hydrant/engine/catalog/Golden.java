package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Golden files; written anew with -Dhydrant.golden.write=true. */
final class Golden {
  private Golden() {}

  static void compare(String name, byte[] actual) throws IOException {
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Path file = Path.of("src/test/resources/io/hydrant/engine/catalog", name);
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, actual);
      return;
    }
    assertArrayEquals(
        read(name),
        actual,
        name + " differs: a change of the format needs a new version and document");
  }

  static byte[] read(String name) throws IOException {
    try (InputStream golden = Golden.class.getResourceAsStream(name)) {
      assertNotNull(golden, name + " is missing: run with -Dhydrant.golden.write=true");
      return golden.readAllBytes();
    }
  }
}
