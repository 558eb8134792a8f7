package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.JdkStoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultyFilesTest {
  @TempDir Path temporary;

  @Test
  void aDiskIsFullForNewFilesAsLongAsItIsSaidToBe() throws IOException {
    Path faults = Files.createDirectory(temporary.resolve("faults"));
    FaultyFiles files =
        new FaultyFiles(
            new JdkStoreFiles(Files.createDirectory(temporary.resolve("data"))), faults);
    try (var before = files.create("before")) {
      Path order = Files.createFile(faults.resolve(FaultyFiles.DISK_FULL));
      DiskFullException full = assertThrows(DiskFullException.class, () -> files.create("during"));
      assertTrue(String.valueOf(full.getMessage()).contains("during"));
      assertEquals(0, files.usableBytes());
      before.write(0, ByteBuffer.wrap(new byte[] {1}));
      Files.delete(order);
    }
    files.create("after").close();
    assertTrue(files.usableBytes() > 0);
    assertEquals(java.util.List.of("after", "before"), files.list());
  }
}
