package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.Regions;
import io.hydrant.client.RejectedException;
import io.hydrant.client.WriteOptions;
import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.v1.Reason;
import io.hydrant.v1.RegionKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands against a real server in this process. */
class EndToEndTest {
  private static final int PAGE_BYTES = 4096;
  private static final int PAGES = 5000;
  private static final Pattern REPLAYED =
      Pattern.compile("\"checkpoint\":(\\d+),.*\"sha256\":\"([0-9a-f]{64})\"");

  @TempDir static Path shared;
  private static HydrantNode node;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws IOException {
    node = HydrantNode.start(NodeConfig.embedded(shared.resolve("data")));
  }

  @AfterAll
  static void stop() throws IOException {
    node.close();
  }

  private static Ran hydrant(String... words) {
    return Ran.hydrant(
        Stream.concat(Stream.of(words), Stream.of("--server", "127.0.0.1:" + node.port()))
            .toArray(String[]::new));
  }

  @Test
  void everyCheckpointOfARealTraceComesBackByteForByte() throws IOException {
    Ran replay =
        hydrant("replay", "redis-window-16m", "--image", "redis", "--flat-out", "--json")
            .succeeded();
    Map<String, String> sha256ByCheckpoint = new LinkedHashMap<>();
    Matcher line = REPLAYED.matcher(replay.out());
    while (line.find()) {
      sha256ByCheckpoint.put(line.group(1), line.group(2));
    }
    assertEquals(16, sha256ByCheckpoint.size(), replay.toString());
    assertEquals("16", replay.json("checkpoint_count"));
    Path target = directory.resolve("memory.raw");
    for (Map.Entry<String, String> each : sha256ByCheckpoint.entrySet()) {
      Ran restore =
          hydrant(
                  "restore",
                  "redis",
                  target.toString(),
                  "--checkpoint",
                  each.getKey(),
                  "--force",
                  "--sha256",
                  "--json")
              .succeeded();
      assertEquals(each.getValue(), restore.json("sha256"), "checkpoint " + each.getKey());
    }
    Ran verify = hydrant("verify", "redis", "--json").succeeded();
    assertEquals("true", verify.json("sound"));
    assertTrue(verify.out().contains(sha256ByCheckpoint.get("1")), "verify hashes what it reads");
    Ran fetch = hydrant("fetch", "redis", "--pages", "0,4095", "--json").succeeded();
    assertEquals("2", fetch.json("count"));
    hydrant("image", "delete", "redis").succeeded();
    hydrant("image", "show", "redis").failed(ExitCode.NOT_FOUND, "redis", "image list");
  }

  @Test
  void pushSendsWhatChangedAndRestoreGivesItBack() throws IOException {
    byte[] memory = new byte[PAGES * PAGE_BYTES];
    new Random(1).nextBytes(memory);
    Arrays.fill(memory, 100 * PAGE_BYTES, 3000 * PAGE_BYTES, (byte) 0);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    Path slim = Files.writeString(directory.resolve("slim"), "devices");
    hydrant("image", "create", "pushed", "--keep-last", "8").succeeded();
    Ran full =
        hydrant(
                "checkpoint",
                "push",
                "pushed",
                file.toString(),
                "--slim",
                slim.toString(),
                "--json")
            .succeeded();
    assertEquals("full", full.json("kind"));

    memory[0]++; // the first page
    Arrays.fill(memory, 50 * PAGE_BYTES, 52 * PAGE_BYTES, (byte) 0); // content becomes zero
    memory[2000 * PAGE_BYTES + 17] = 1; // zero becomes content
    memory[memory.length - 1]++; // the last page
    Files.write(file, memory);
    Ran changed = hydrant("checkpoint", "push", "pushed", file.toString(), "--json").succeeded();
    assertEquals("incremental", changed.json("kind"));
    assertEquals("5", changed.json("page_count"));
    Path slimBack = directory.resolve("slim-back");
    Path memoryBack = directory.resolve("memory-back");
    hydrant("restore", "pushed", memoryBack.toString(), "--slim", slimBack.toString()).succeeded();
    assertEquals("devices", Files.readString(slimBack), "an incremental push keeps the slim state");
    Ran same = hydrant("checkpoint", "push", "pushed", file.toString(), "--json").succeeded();
    assertEquals("0", same.json("page_count"));

    Path target = directory.resolve("back.raw");
    hydrant("restore", "pushed", target.toString()).succeeded();
    assertArrayEquals(memory, Files.readAllBytes(target));
    assertTrue(hydrant("checkpoint", "list", "pushed").succeeded().out().contains("incremental"));
    hydrant("restore", "pushed", target.toString(), "--force", "--checkpoint", "4")
        .failed(ExitCode.NOT_FOUND, "4", "checkpoint list");
    assertArrayEquals(memory, Files.readAllBytes(target), "a failed restore leaves the target");
  }

  @Test
  void aNamedCheckpointStaysAndIsRestoredByItsName() throws Exception {
    byte[] golden = new byte[16 * PAGE_BYTES];
    new Random(2).nextBytes(golden);
    Path memory = Files.write(directory.resolve("memory.raw"), golden);
    Ran create =
        hydrant("image", "create", "named", "--keep-every", "1m:1d", "--keep-for", "10m", "--json")
            .succeeded();
    assertEquals("600000", create.json("keep_for_millis"));
    assertTrue(
        hydrant("image", "show", "named")
            .succeeded()
            .out()
            .contains("the last 16, all of 10m, one every 1m of 1d"));
    String[] push = {"checkpoint", "push", "named", memory.toString(), "--no-slim"};
    hydrant(push).succeeded();
    hydrant("checkpoint", "name", "named", "1", "golden").succeeded();
    hydrant("checkpoint", "name", "named", "golden", "again").succeeded();
    hydrant("checkpoint", "name", "named", "9", "nine").failed(ExitCode.NOT_FOUND, "9");
    assertTrue(hydrant("checkpoint", "list", "named").succeeded().out().contains("again, golden"));
    hydrant("image", "set-retention", "named").failed(ExitCode.USAGE, "--keep-last");
    hydrant("image", "set-retention", "named", "--keep-last", "1").succeeded();
    for (int i = 1; i <= 2; i++) {
      memory = Files.write(memory, new byte[] {(byte) i}, StandardOpenOption.WRITE);
      hydrant(push).succeeded();
    }
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (hydrant("checkpoint", "show", "named", "2").exitCode() == 0) {
      assertTrue(System.nanoTime() < deadline, "checkpoint 2 is not retired");
      Thread.sleep(50);
    }
    Path back = directory.resolve("back.raw");
    hydrant("restore", "named", back.toString(), "--checkpoint", "golden").succeeded();
    assertArrayEquals(golden, Files.readAllBytes(back));
    assertEquals(
        "1",
        hydrant("fetch", "named", "--checkpoint", "again", "--pages", "0", "--json")
            .succeeded()
            .json("checkpoint"));
    hydrant("checkpoint", "release", "named", "golden").succeeded();
    hydrant("checkpoint", "release", "named", "golden").failed(ExitCode.NOT_FOUND, "golden");
    hydrant("restore", "named", back.toString(), "--checkpoint", "golden", "--force")
        .failed(ExitCode.NOT_FOUND, "golden", "checkpoint list");
  }

  @Test
  void slimStateIsNeverDroppedUnsaid() throws IOException {
    Path memory = Files.write(directory.resolve("memory.raw"), new byte[16 * PAGE_BYTES]);
    Path slim = Files.writeString(directory.resolve("slim"), "devices");
    Path back = directory.resolve("back");
    Path slimBack = directory.resolve("slim-back");
    String[] restore = {"restore", "slimmed", back.toString(), "--slim", slimBack.toString()};
    hydrant("image", "create", "slimmed", "--durability", "all").succeeded();
    assertTrue(hydrant("image", "show", "slimmed").succeeded().out().contains("durability   all"));
    String[] push = {"checkpoint", "push", "slimmed", memory.toString()};
    hydrant(with(push, "--slim", slim.toString())).succeeded();
    hydrant(with(push, "--full")).failed(ExitCode.REFUSED, "slim state of 7 bytes", "--no-slim");
    hydrant(with(push, "--full", "--no-slim")).succeeded();
    hydrant(restore).succeeded();
    assertEquals("", Files.readString(slimBack));
    // No file gets its name where another one cannot have its own.
    Files.delete(back);
    hydrant(restore).failed(ExitCode.REFUSED, "slim-back");
    assertTrue(Files.notExists(back));
    hydrant("restore", "slimmed", back.toString(), "--slim", back.toString())
        .failed(ExitCode.REFUSED, "both");
  }

  private static String[] with(String[] words, String... more) {
    return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void restoreNeverLeavesOrReplacesAnythingItMustNot() throws IOException {
    Path memory = Files.write(directory.resolve("memory.raw"), new byte[16 * PAGE_BYTES]);
    hydrant("image", "create", "guarded").succeeded();
    hydrant("restore", "guarded", directory.resolve("new").toString())
        .failed(ExitCode.NOT_FOUND, "guarded");
    hydrant("checkpoint", "push", "guarded", memory.toString()).succeeded();
    Path mine = Files.writeString(directory.resolve("mine"), "mine");
    hydrant("restore", "guarded", mine.toString()).failed(ExitCode.REFUSED, "mine", "--force");
    assertEquals("mine", Files.readString(mine));
    hydrant("restore", "guarded", directory.toString()).failed(ExitCode.REFUSED, "is a directory");
    hydrant("restore", "guarded", directory.resolve("no/where").toString())
        .failed(ExitCode.BAD_INPUT, "no", "Create it");
    hydrant("restore", "guarded", "/proc/hydrant-test").failed(ExitCode.LOCAL_IO, "/proc");
    hydrant("restore", "guarded", directory.resolve("new").toString(), "--checkpoint", "77")
        .failed(ExitCode.NOT_FOUND, "77");
    hydrant("restore", "guarded", directory.resolve("new").toString(), "--region", "disk")
        .failed(ExitCode.NOT_FOUND, "disk", "ram");
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          List.of("memory.raw", "mine"),
          files.map(file -> String.valueOf(file.getFileName())).sorted().toList());
    }
  }

  @Test
  void pushRefusesWhatDoesNotFit() throws IOException {
    Path memory = Files.write(directory.resolve("memory.raw"), new byte[16 * PAGE_BYTES]);
    Path longer = Files.write(directory.resolve("longer.raw"), new byte[17 * PAGE_BYTES]);
    Path odd = Files.write(directory.resolve("odd.raw"), new byte[5000]);
    hydrant("checkpoint", "push", "absent", memory.toString())
        .failed(ExitCode.NOT_FOUND, "absent", "image list");
    hydrant("image", "create", "fitting").succeeded();
    hydrant("checkpoint", "push", "fitting", odd.toString())
        .failed(ExitCode.BAD_INPUT, "odd.raw", "5000");
    hydrant("checkpoint", "push", "fitting", memory.toString(), "--page-size", "5000")
        .failed(ExitCode.USAGE, "5000", "power of two");
    hydrant("checkpoint", "push", "fitting", memory.toString()).succeeded();
    hydrant("checkpoint", "push", "fitting", longer.toString())
        .failed(ExitCode.BAD_INPUT, "longer.raw", "--full");
    hydrant("checkpoint", "push", "fitting", directory.resolve("gone").toString())
        .failed(ExitCode.BAD_INPUT, "gone");
    hydrant("checkpoint", "push", "fitting", longer.toString(), "--full").succeeded();
    hydrant("checkpoint", "show", "fitting", "9").failed(ExitCode.NOT_FOUND, "9");
    hydrant("fetch", "fitting", "--pages", "17").failed(ExitCode.NOT_FOUND, "17", "0 to 16");
    hydrant("image", "create", "fitting").failed(ExitCode.REFUSED, "fitting");
    hydrant("image", "create", "no/slash").failed(ExitCode.BAD_INPUT, "no/slash");
  }

  @Test
  void imageOfSeveralRegionsBecomesADirectory() throws Exception {
    byte[] ram = new byte[4 * PAGE_BYTES];
    byte[] rom = new byte[2 * PAGE_BYTES];
    new Random(4).nextBytes(ram);
    new Random(5).nextBytes(rom);
    hydrant("image", "create", "regions").succeeded();
    try (HydrantClient client = HydrantClient.connect(ClientConfig.of("127.0.0.1:" + node.port()));
        ProtectionStream stream =
            client.protect(
                client.takeOverProtection(HydrantClient.name("regions")), WriteOptions.DEFAULT);
        CheckpointWriter writer =
            stream.openFull(
                List.of(
                    Regions.memory("pc.ram", ram.length),
                    Regions.of("bios/rom", RegionKind.REGION_KIND_ROM, PAGE_BYTES, rom.length)))) {
      writer.batch(0, new long[] {0, 1, 2, 3}, ByteBuffer.wrap(ram));
      writer.batch(1, new long[] {0, 1}, ByteBuffer.wrap(rom));
      Answers.await(writer.commit());
    }
    Path target = directory.resolve("vm");
    hydrant("restore", "regions", target.toString()).succeeded();
    assertArrayEquals(ram, Files.readAllBytes(target.resolve("pc.ram")));
    assertArrayEquals(rom, Files.readAllBytes(target.resolve("bios%2From")));
    Path one = directory.resolve("one");
    hydrant("restore", "regions", one.toString(), "--region", "bios/rom").succeeded();
    assertArrayEquals(rom, Files.readAllBytes(one));
    hydrant("checkpoint", "push", "regions", one.toString())
        .failed(ExitCode.USAGE, "pc.ram, bios/rom", "--region");
    hydrant("checkpoint", "push", "regions", one.toString(), "--full")
        .failed(ExitCode.REFUSED, "2 regions");
    rom[5000]++;
    Files.write(one, rom);
    hydrant("checkpoint", "push", "regions", one.toString(), "--region", "bios/rom").succeeded();
    hydrant("restore", "regions", target.toString(), "--force").succeeded();
    assertArrayEquals(ram, Files.readAllBytes(target.resolve("pc.ram")));
    assertArrayEquals(rom, Files.readAllBytes(target.resolve("bios%2From")));
  }

  @Test
  void restoreWithFenceRefusesTheFormerProtector() throws Exception {
    byte[] memory = new byte[16 * PAGE_BYTES];
    new Random(7).nextBytes(memory);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    hydrant("image", "create", "fenced").succeeded();
    hydrant("checkpoint", "push", "fenced", file.toString()).succeeded();
    Path target = directory.resolve("restored.raw");
    try (HydrantClient client = HydrantClient.connect(ClientConfig.of("127.0.0.1:" + node.port()));
        ProtectionStream former =
            client.protect(
                client.takeOverProtection(HydrantClient.name("fenced")), WriteOptions.DEFAULT);
        CheckpointWriter inFlight = former.openIncremental(1)) {
      inFlight.page(0, 3, new byte[PAGE_BYTES]);
      hydrant("restore", "fenced", file.toString(), "--fence").failed(ExitCode.REFUSED, "exists");
      hydrant("restore", "fenced", target.toString(), "--fence", "--epoch", "1")
          .failed(ExitCode.REFUSED, "epoch 2");
      assertEquals(2, client.image(HydrantClient.name("fenced")).getEpoch(), "nothing has changed");
      Ran fenced =
          hydrant("restore", "fenced", target.toString(), "--fence", "--epoch", "2", "--json")
              .succeeded();
      assertEquals("3", fenced.json("epoch"));
      assertArrayEquals(memory, Files.readAllBytes(target));
      RejectedException refused =
          assertThrows(RejectedException.class, () -> Answers.await(inFlight.commit()));
      assertTrue(
          refused.reason() == Reason.REASON_STALE_EPOCH
              || refused.reason() == Reason.REASON_ABORTED,
          refused.toString());
    }
    hydrant("restore", "fenced", target.toString(), "--epoch", "3")
        .failed(ExitCode.USAGE, "--fence");
    Ran again = hydrant("restore", "fenced", target.toString(), "--fence", "--force").succeeded();
    assertTrue(again.err().contains("epoch is 4"), again.toString());
  }

  @Test
  void fetchWritesPagesInTheOrderAsked() throws IOException {
    byte[] memory = new byte[16 * PAGE_BYTES];
    new Random(2).nextBytes(memory);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    hydrant("image", "create", "fetched").succeeded();
    hydrant("checkpoint", "push", "fetched", file.toString()).succeeded();
    Path out = directory.resolve("pages");
    hydrant("fetch", "fetched", "--pages", "3,0-1", "--out", out.toString()).succeeded();
    byte[] expected = new byte[3 * PAGE_BYTES];
    System.arraycopy(memory, 3 * PAGE_BYTES, expected, 0, PAGE_BYTES);
    System.arraycopy(memory, 0, expected, PAGE_BYTES, 2 * PAGE_BYTES);
    assertArrayEquals(expected, Files.readAllBytes(out));
  }

  @Test
  void secondServerOnTheSameDirectoryIsRefused() {
    Ran.hydrant("server", "--data", shared.resolve("data").toString(), "--listen", "127.0.0.1:0")
        .failed(ExitCode.CONFIGURATION, "in use");
  }

  @ParameterizedTest
  @ValueSource(strings = {"info", "stats"})
  void speaksOfItself(String command) {
    assertTrue(hydrant(command).succeeded().out().contains("fetch"), command);
    assertTrue(hydrant(command, "--json").succeeded().out().startsWith("{"), command);
  }

  @Test
  void spaceIsToldByServerAndByImage() throws IOException {
    hydrant("image", "create", "roomy").succeeded();
    String all = hydrant("df", "--json").succeeded().out();
    assertTrue(all.contains("\"state\": \"ok\""), all);
    assertTrue(all.contains("\"name\": \"roomy\""), all);
    assertFalse(hydrant("df", "--summary").succeeded().out().contains("roomy"));
    String some = hydrant("df", "--prefix", "roo").succeeded().out();
    assertTrue(some.contains("RECLAIMABLE") && some.contains("roomy"), some);
    assertTrue(hydrant("df", "--prefix", "zz").succeeded().out().contains("no images"));
  }

  @Test
  void anImageIsHeldToItsQuota() throws Exception {
    byte[] memory = new byte[512 * PAGE_BYTES];
    Random random = new Random(4);
    random.nextBytes(memory);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    String[] push = {"checkpoint", "push", "held", file.toString(), "--full", "--no-slim"};
    Ran created =
        hydrant("image", "create", "held", "--keep-last", "8", "--quota", "3m", "--json")
            .succeeded();
    assertEquals("3145728", created.json("quota_bytes"));
    hydrant(push).succeeded();
    String shown = hydrant("df", "--prefix", "held").succeeded().out();
    assertTrue(shown.contains("QUOTA") && shown.contains("3.0 MiB"), shown);
    assertTrue(shown.contains("67 %"), shown);

    // The second one begins, and is refused when its bytes are too many.
    random.nextBytes(memory);
    Files.write(file, memory);
    hydrant(push)
        .failed(
            ExitCode.QUOTA_EXCEEDED,
            "image 'held'",
            "takes 2097152 bytes",
            "quota of 3145728",
            "hydrant image set-quota held SIZE");
    hydrant("image", "set-quota", "held", "2m").succeeded();
    hydrant(push)
        .failed(ExitCode.QUOTA_EXCEEDED, "new checkpoint refused", "of its quota of 2097152");
    assertEquals("1", hydrant("image", "show", "held", "--json").json("checkpoint_count"));
    hydrant("verify", "held").succeeded();

    Ran raised = hydrant("image", "set-quota", "held", "4m").succeeded();
    assertTrue(raised.out().contains("4.0 MiB"), raised.out());
    hydrant(push).succeeded();
    hydrant(push).failed(ExitCode.QUOTA_EXCEEDED, "new checkpoint refused");
    String all = hydrant("df", "--prefix", "held", "--json").succeeded().out();
    assertTrue(all.contains("\"quota_bytes\": 4194304"), all);
    String stats = hydrant("stats", "--json").succeeded().out();
    assertTrue(stats.contains("\"quota_refused_count\": 3"), stats);

    // What retention lets go is free again: the refusal goes when it is retired.
    hydrant("image", "set-retention", "held", "--keep-last", "1").succeeded();
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (hydrant(push).exitCode() != 0) {
      assertTrue(System.nanoTime() < deadline, "what was retired still counts");
      Thread.sleep(200);
    }
    hydrant("image", "set-quota", "held", "none").succeeded();
    String list = hydrant("image", "list", "--prefix", "held").succeeded().out();
    assertTrue(list.contains("QUOTA") && list.contains("none"), list);
    hydrant("image", "show", "held").succeeded();
    hydrant("image", "delete", "held").succeeded();
  }

  @Test
  void segmentsCanBeInspectedAndDamageIsSeen() throws IOException {
    Path memory = directory.resolve("memory.raw");
    byte[] noise = new byte[64 * PAGE_BYTES];
    new Random(3).nextBytes(noise);
    Files.write(memory, noise);
    hydrant("image", "create", "inspected").succeeded();
    hydrant("checkpoint", "push", "inspected", memory.toString(), "--encoding", "raw").succeeded();
    Path copy = Files.copy(segmentWith(noise), directory.resolve("segment"));
    Ran sound = Ran.hydrant("inspect", "segment", copy.toString(), "--json").succeeded();
    assertEquals("true", sound.json("sound"));
    assertTrue(sound.out().contains("\"manifest\""), sound.out());

    int offset = indexOf(Files.readAllBytes(copy), noise);
    flip(copy, offset);
    Ran damaged = Ran.hydrant("inspect", "segment", copy.toString());
    assertEquals(ExitCode.DAMAGED.code(), damaged.exitCode(), damaged.toString());
    assertTrue(damaged.out().contains("payload checksum"), damaged.out());
    flip(copy, 20);
    Ran.hydrant("inspect", "segment", copy.toString())
        .failed(ExitCode.DAMAGED, copy.toString(), "offset 0");
    Ran.hydrant("inspect", "segment", memory.toString())
        .failed(ExitCode.DAMAGED, memory.toString());
  }

  private static Path segmentWith(byte[] content) throws IOException {
    try (Stream<Path> files = Files.walk(shared.resolve("data"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".hyd")).toList()) {
        if (indexOf(Files.readAllBytes(file), content) >= 0) {
          return file;
        }
      }
    }
    throw new AssertionError("no segment has the bytes");
  }

  /** Where the first page of {@code wanted} is. */
  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int at = 0; at + PAGE_BYTES <= bytes.length; at++) {
      if (bytes[at] == wanted[0]
          && Arrays.equals(bytes, at, at + PAGE_BYTES, wanted, 0, PAGE_BYTES)) {
        return at;
      }
    }
    return -1;
  }

  private static void flip(Path file, int offset) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1));
      channel.write(one.flip(), offset);
    }
  }
}
