package io.hydrant.testkit.simulation.cluster;

import static io.hydrant.testkit.simulation.cluster.ClusterModel.require;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.testkit.simulation.PageContents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads checkpoints on a machine and holds them against the model: a page is as the model has it,
 * or the machine says that it has not got it. Nothing else is an answer.
 */
final class ClusterReader {
  /** A session that no log knows: the reader is content with it as long as nothing is gone. */
  private static final SessionId NO_SESSION = new SessionId(Long.MAX_VALUE);

  private final Cluster cluster;
  private final ByteBuffer target = ByteBuffer.allocate(64 << 10);

  ClusterReader(Cluster cluster) {
    this.cluster = cluster;
  }

  /** What a machine has of a checkpoint. */
  record Seen(int here, int notHere) {
    boolean isWhole() {
      return notHere == 0;
    }
  }

  /** Everything that a machine has committed and retained. Returns what was not there. */
  int readAll(SimulatedMachine machine) throws IOException {
    int missing = 0;
    for (ImageState image : machine.store().catalog().images()) {
      for (CheckpointInfo checkpoint : image.committed().values()) {
        missing += read(machine, new CheckpointKey(image.id(), checkpoint.id())).notHere();
      }
    }
    return missing;
  }

  /** One checkpoint that the machine has committed and retained. */
  Seen read(SimulatedMachine machine, CheckpointKey key) throws IOException {
    ImageState image = machine.store().catalog().image(key.image()).orElseThrow();
    CheckpointInfo checkpoint =
        java.util.Objects.requireNonNull(image.committed().get(key.checkpoint()));
    SessionInfo session =
        new SessionInfo(NO_SESSION, key.image(), key.checkpoint(), 1_000, 0, RequestId.NONE);
    return read(machine, new ReadPoint(session, checkpoint, image.line(key.checkpoint())));
  }

  /** What a read point gives. */
  Seen read(SimulatedMachine machine, ReadPoint point) throws IOException {
    CheckpointKey key = new CheckpointKey(point.session().image(), point.checkpoint().id());
    VmContent vm = cluster.model().content(key).orElseThrow();
    int here = 0;
    int notHere = 0;
    for (int region = 0; region < VmContent.REGIONS.size(); region++) {
      RegionSpec spec = VmContent.REGIONS.get(region);
      for (int tract = 0; tract < spec.tracts(); tract++) {
        boolean said = machine.store().missing().isHere(key.image(), point.line(), region, tract);
        boolean got = readTract(machine, point, vm, region, tract, said);
        here += got ? 1 : 0;
        notHere += got ? 0 : 1;
      }
    }
    boolean slim = readSlim(machine, point, key, vm);
    return new Seen(here + (slim ? 1 : 0), notHere + (slim ? 0 : 1));
  }

  private boolean readTract(
      SimulatedMachine machine, ReadPoint point, VmContent vm, int region, int tract, boolean said)
      throws IOException {
    RegionSpec spec = VmContent.REGIONS.get(region);
    long next = spec.pageOf(tract, 0);
    long end = next + spec.pagesOfTract(tract);
    try {
      while (next < end) {
        target.clear();
        PageReader.RangePart part =
            machine.store().pages().readRange(point, region, next, end, false, target);
        target.flip();
        check(machine, point, vm, region, part.batch());
        next = part.nextPage();
      }
    } catch (Refusal e) {
      require(isAllowed(machine, e, said), "%s: %s", machine.name(), e.getMessage());
      return false;
    }
    require(said, "%s serves %s, but says that it is not here", machine.name(), point);
    return true;
  }

  /** Not here where it said so; damaged where something rots. */
  private static boolean isAllowed(SimulatedMachine machine, Refusal refusal, boolean said) {
    return !said
            && (refusal.rejection() == Rejection.NOT_HERE
                || refusal.rejection() == Rejection.UNKNOWN_SESSION)
        || machine.isRotten() && refusal.rejection() == Rejection.DAMAGED;
  }

  private void check(
      SimulatedMachine machine, ReadPoint point, VmContent vm, int region, PageBatch batch) {
    for (int row = 0; row < batch.size(); row++) {
      long seed = vm.seed(region, batch.pages()[row]);
      ByteBuffer bytes = target.slice(target.position(), batch.lengths()[row]);
      target.position(target.position() + batch.lengths()[row]);
      boolean same =
          switch (PageEncoding.ofCode(batch.encodings()[row])) {
            case ZERO -> seed == PageContents.ZERO;
            case NOT_KEPT -> seed == PageContents.NOT_KEPT;
            case RAW ->
                bytes.equals(PageContents.page(seed, VmContent.REGIONS.get(region).pageBytes()));
            case ZSTD -> bytes.equals(PageContents.encoded(seed));
          };
      require(
          same,
          "%s serves other bytes than were committed: %s %s, region %d, page %d",
          machine.name(),
          point.session().image(),
          point.checkpoint().id(),
          region,
          batch.pages()[row]);
    }
  }

  private static boolean readSlim(
      SimulatedMachine machine, ReadPoint point, CheckpointKey key, VmContent vm)
      throws IOException {
    boolean said = machine.store().missing().isSlimHere(key);
    ByteBuffer whole = ByteBuffer.allocate(vm.slimBytes());
    try {
      for (SlimReader.Chunk chunk : machine.store().slim().chunks(point)) {
        ByteBuffer bytes = machine.store().slim().read(point, chunk);
        require(
            bytes.remaining() <= whole.remaining(), "%s: slim state of %s", machine.name(), key);
        whole.put(bytes);
      }
    } catch (Refusal e) {
      require(isAllowed(machine, e, said), "%s: %s", machine.name(), e.getMessage());
      return false;
    }
    require(
        whole.flip().equals(PageContents.page(vm.slimSeed(), vm.slimBytes())),
        "%s serves another slim state of %s",
        machine.name(),
        key);
    return true;
  }

  /** A checkpoint that this machine has, at random. */
  Optional<CheckpointKey> any(SimulatedMachine machine) {
    var all =
        machine.store().catalog().images().stream()
            .flatMap(image ->
                image.committed().keySet().stream().map(id -> new CheckpointKey(image.id(), id)))
            .toList();
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(all.get(cluster.random().nextInt(all.size())));
  }
}
