package io.hydrant.node.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.node.data.DataDirectory.Part;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {
  @TempDir Path temporary;

  private final Random random = new Random(1);

  private DataDirectory open(Path root) throws IOException {
    return DataDirectory.open(root, random);
  }

  private String refusal(Path root) {
    return String.valueOf(
        assertThrows(DataDirectoryException.class, () -> open(root)).getMessage());
  }

  @Test
  void isMadeOnceAndKnownAgain() throws Exception {
    Path root = temporary.resolve("a/b");
    NodeIdentity first;
    try (DataDirectory made = open(root)) {
      first = made.identity();
      for (Part part : Part.values()) {
        assertTrue(Files.isDirectory(made.part(part)));
      }
    }
    try (DataDirectory again = open(root)) {
      assertEquals(first, again.identity());
    }
    try (DataDirectory other = open(temporary.resolve("c"))) {
      assertNotEquals(first, other.identity());
    }
  }

  @Test
  void aSecondUserIsRefusedWithTheFirstOnesNumber() throws Exception {
    try (DataDirectory held = open(temporary)) {
      String message = refusal(temporary);
      assertTrue(message.contains("in use by process " + ProcessHandle.current().pid()), message);
      assertTrue(Files.exists(held.root()));
    }
    open(temporary).close();
  }

  @Test
  void aFileOrAnImpossiblePathIsNamed() throws Exception {
    Path file = Files.writeString(temporary.resolve("file"), "x");
    assertTrue(refusal(file).contains("is a file"));
    assertTrue(refusal(file.resolve("below")).contains(file.resolve("below").toString()));
    assertTrue(refusal(Path.of("/proc/hydrant")).contains("/proc/hydrant"));
  }

  @Test
  void foreignDataIsNotOverwritten() throws Exception {
    Files.writeString(temporary.resolve("letters.txt"), "dear");
    String message = refusal(temporary);
    assertTrue(message.contains("letters.txt"), message);
    assertFalse(Files.exists(temporary.resolve("identity")));
  }

  @Test
  void aLostIdentityIsNotReplacedByANewOne() throws Exception {
    open(temporary).close();
    Files.writeString(temporary.resolve("segments/segment-1"), "pages");
    Files.delete(temporary.resolve("identity"));
    assertTrue(refusal(temporary).contains("segments"));
  }

  @Test
  void aMakingThatWasCutShortIsDoneAgain() throws Exception {
    open(temporary).close();
    Files.delete(temporary.resolve("identity"));
    Files.writeString(temporary.resolve("identity.new"), "hydrant-iden");
    Files.delete(temporary.resolve("segments/store-identity"));
    Files.delete(temporary.resolve("segments"));
    Files.createDirectory(temporary.resolve("lost+found"));
    open(temporary).close();
    open(temporary).close();
  }

  @Test
  void aBlankPartIsRefused() throws Exception {
    for (Part part : Part.values()) {
      Path root = temporary.resolve(part.name());
      Path blanked;
      try (DataDirectory made = open(root)) {
        blanked = made.part(part);
      }
      delete(blanked);
      assertTrue(refusal(root).contains(blanked.toString()));
      Files.createDirectory(blanked);
      assertTrue(refusal(root).contains(blanked.toString()));
    }
  }

  @Test
  void aPartOfAnotherStoreIsRefused() throws Exception {
    Path one = temporary.resolve("one");
    Path two = temporary.resolve("two");
    open(one).close();
    open(two).close();
    delete(one.resolve("index"));
    Files.move(two.resolve("index"), one.resolve("index"));
    assertThrows(WrongIdentityException.class, () -> open(one));
  }

  @Test
  void aNewerFormatIsRefusedAsSuch() throws Exception {
    open(temporary).close();
    Files.writeString(temporary.resolve("identity"), "hydrant-identity 3\nsomething=new\n");
    String message =
        String.valueOf(
            assertThrows(UnsupportedFormatException.class, () -> open(temporary)).getMessage());
    assertTrue(message.contains("newer") && message.contains("identity"), message);
  }

  private static NodeIdentity alone() {
    return new NodeIdentity(
        new StoreIdentity(new UUID(1, 2), new UUID(3, 4), new UUID(5, 6)), "n0000002a");
  }

  private static NodeIdentity oneOfThree(boolean joins) {
    return new NodeIdentity(
        alone().store(),
        alone().node(),
        Optional.of(
            new Adoption(
                new UUID(7, 8),
                joins,
                List.of(
                    new MemberAddress("n1", "a.example:1", "a.example:2", "a.example:3"),
                    new MemberAddress("n0000002a", "127.0.0.1:7", "127.0.0.1:8", "127.0.0.1:9"),
                    new MemberAddress("n3", "[::1]:4", "[::1]:5", "[::1]:6")))));
  }

  private static NodeIdentity recovered() {
    return new NodeIdentity(
        alone().store(),
        alone().node(),
        Optional.of(
            Adoption.recovered(
                new UUID(7, 8),
                new MemberAddress("n0000002a", "127.0.0.1:7", "127.0.0.1:8", "127.0.0.1:9"),
                new EntryPosition(5, 1_234))));
  }

  @Test
  void theIdentityFilesAreAsTheyWereFrozen() throws Exception {
    assertFrozen("identity", alone());
    assertFrozen("identity-2", oneOfThree(false));
    assertFrozen("identity-recovered", recovered());
    assertEquals(new UUID(7, 8), recovered().group());
    byte[] listener = IdentityFile.encode(oneOfThree(true));
    assertEquals(oneOfThree(true), IdentityFile.decode("listener", listener));
  }

  private static void assertFrozen(String name, NodeIdentity identity) throws IOException {
    Path source = Path.of("src/test/resources/golden").resolve(name);
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.createDirectories(source.getParent());
      Files.write(source, IdentityFile.encode(identity));
    }
    byte[] golden = Files.readAllBytes(source);
    assertEquals(
        new String(golden, StandardCharsets.UTF_8),
        new String(IdentityFile.encode(identity), StandardCharsets.UTF_8));
    assertEquals(identity, IdentityFile.decode("golden", golden));
  }

  @Test
  void everyDamagedByteIsFound() throws Exception {
    for (NodeIdentity identity : List.of(alone(), oneOfThree(false), recovered())) {
      byte[] good = IdentityFile.encode(identity);
      for (int i = 0; i < good.length; i++) {
        byte[] bad = good.clone();
        bad[i] ^= 1;
        assertRefused(bad, "byte " + i);
      }
      for (int length = 0; length < good.length; length++) {
        assertRefused(Arrays.copyOf(good, length), "length " + length);
      }
    }
    long seed = System.nanoTime();
    Random noise = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[noise.nextInt(300)];
      noise.nextBytes(bytes);
      assertRefused(bytes, "seed " + seed);
    }
  }

  private BlankDirectory blank(Path root) throws IOException {
    return assertInstanceOf(BlankDirectory.class, DataDirectory.openToJoin(root, random));
  }

  private static NodeIdentity promised(String node) {
    MemberAddress member = new MemberAddress(node, "a:1", "a:2", "a:3");
    return new NodeIdentity(
        alone().store(), node, Optional.of(new Adoption(new UUID(7, 8), false, List.of(member))));
  }

  @Test
  void aBlankDirectoryHasANewNameEveryTimeUntilItPromises() throws Exception {
    String first;
    try (BlankDirectory blank = blank(temporary)) {
      first = blank.node();
      assertTrue(refusal(temporary).contains("in use"));
    }
    String second;
    try (BlankDirectory blank = blank(temporary)) {
      second = blank.node();
      assertNotEquals(first, second);
      assertEquals(Optional.empty(), blank.promise());
      blank.promise(promised(second));
    }
    try (BlankDirectory blank = blank(temporary)) {
      assertEquals(second, blank.node());
      assertEquals(Optional.of(promised(second)), blank.promise());
    }
    assertTrue(refusal(temporary).contains("was promised to a cluster"));
  }

  @Test
  void whatWasPromisedIsKept() throws Exception {
    NodeIdentity identity;
    try (BlankDirectory blank = blank(temporary)) {
      identity = promised(blank.node());
      blank.promise(identity);
      try (DataDirectory data = blank.keepPromise()) {
        assertEquals(identity, data.identity());
        blank.close();
        assertTrue(refusal(temporary).contains("in use"), "the lock went on to the directory");
      }
    }
    try (DataDirectory again = open(temporary)) {
      assertEquals(identity, again.identity());
    }
    // One that was in use does not wait, whatever the configuration says.
    try (OpenedDirectory again = DataDirectory.openToJoin(temporary, random)) {
      assertInstanceOf(DataDirectory.class, again);
    }
    delete(temporary.resolve("index"));
    assertTrue(refusal(temporary).contains("cluster replace " + identity.node()));
  }

  @Test
  void anAdoptionThatWasCutShortIsDoneAgain() throws Exception {
    NodeIdentity identity;
    try (BlankDirectory blank = blank(temporary)) {
      identity = promised(blank.node());
      blank.promise(identity);
    }
    Files.createDirectories(temporary.resolve("raft"));
    IdentityFile.write(temporary.resolve("raft/store-identity"), identity);
    try (BlankDirectory blank = blank(temporary);
        DataDirectory data = blank.keepPromise()) {
      assertEquals(identity, data.identity());
    }
  }

  private static void assertRefused(byte[] bytes, String which) {
    IOException failure =
        assertThrows(IOException.class, () -> IdentityFile.decode("identity", bytes), which);
    assertTrue(
        failure instanceof CorruptionException || failure instanceof UnsupportedFormatException,
        which);
  }

  @Test
  void everyDirectoryThatGotAnEntryIsSynced(@TempDir Path above) throws Exception {
    Path root = above.resolve("a").resolve("b");
    assertEquals(List.of(above.resolve("a"), above), DataDirectory.makeDurably(root));
    assertEquals(List.of(), DataDirectory.makeDurably(root));
  }

  /** Opening the file again and closing it would release the lock that this process holds. */
  @Test
  void aSecondTryInThisProcessDoesNotTouchTheLock(@TempDir Path above) throws Exception {
    Path file = above.resolve("lock");
    try (DirectoryLock lock = DirectoryLock.take(file)) {
      Files.delete(file);
      assertThrows(DataDirectoryException.class, () -> DirectoryLock.take(file));
      assertFalse(Files.exists(file), "was opened");
    }
    DirectoryLock.take(file).close();
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> content = Files.list(directory)) {
      for (Path file : content.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
