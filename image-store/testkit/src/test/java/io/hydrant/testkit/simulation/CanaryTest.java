package io.hydrant.testkit.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Planted bugs: if the simulation does not find them, it would not find ours. */
class CanaryTest {
  private static final int SEEDS_MAX = 60;

  @Test
  void aSyncThatLiesIsFound() {
    assertFound(
        new SimulationRun.World(
            LyingFiles::new, UnaryOperator.identity(), UnaryOperator.identity()));
  }

  /** PROTOCOL R12: without a new random life, an old tail of a recycled segment looks valid. */
  @Test
  void aLifeThatIsNotRandomIsFound() {
    RandomGenerator sameLife = () -> 42L;
    assertFound(
        new SimulationRun.World(UnaryOperator.identity(), UnaryOperator.identity(), _ -> sameLife));
  }

  /** PROTOCOL R9: staged records from before the scan start must outlive a restart. */
  @Test
  void stagedRecordsThatDieWithTheProcessAreFound() {
    assertFound(
        new SimulationRun.World(
            UnaryOperator.identity(), ForgetfulIndex::new, UnaryOperator.identity()));
  }

  private static void assertFound(SimulationRun.World world) {
    boolean found = false;
    for (int seed = 0; seed < SEEDS_MAX && !found; seed++) {
      try {
        new SimulationRun(seed, world).run(1_000, 3, "canary");
      } catch (AssertionError e) {
        found = true;
      }
    }
    assertTrue(found, "the planted bug was not found in " + SEEDS_MAX + " seeds");
  }

  /** Files whose sync does nothing. */
  private record LyingFiles(StoreFiles files) implements StoreFiles {
    @Override
    public List<String> list() throws IOException {
      return files.list();
    }

    @Override
    public StoreFile create(String name) throws IOException {
      return new LyingFile(files.create(name));
    }

    @Override
    public StoreFile open(String name) throws IOException {
      return new LyingFile(files.open(name));
    }

    @Override
    public void rename(String from, String to) throws IOException {
      files.rename(from, to);
    }

    @Override
    public void delete(String name) throws IOException {
      files.delete(name);
    }

    @Override
    public void syncDirectory() throws IOException {
      files.syncDirectory();
    }

    @Override
    public long usableBytes() throws IOException {
      return files.usableBytes();
    }

    @Override
    public String pathOf(String name) {
      return files.pathOf(name);
    }
  }

  private record LyingFile(StoreFile file) implements StoreFile {
    @Override
    public String path() {
      return file.path();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
      return file.read(position, target);
    }

    @Override
    public void write(long position, ByteBuffer source) throws IOException {
      file.write(position, source);
    }

    @Override
    public void sync() {}

    @Override
    public void allocate(long length) throws IOException {
      file.allocate(length);
    }

    @Override
    public void truncate(long length) throws IOException {
      file.truncate(length);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /** An index that forgets what was staged. */
  private record ForgetfulIndex(PageIndex index) implements PageIndex {
    @Override
    public byte @Nullable [] get(byte[] key) throws IOException {
      return Arrays.equals(key, IndexKeys.state("staged")) ? null : index.get(key);
    }

    @Override
    public void scan(byte[] prefix, Visitor visitor) throws IOException {
      index.scan(prefix, visitor);
    }

    @Override
    public void flush(List<Change> changes) throws IOException {
      index.flush(changes);
    }

    @Override
    public void close() throws IOException {
      index.close();
    }
  }
}
