package io.hydrant.testkit.simulation;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.testkit.simulation.ReferenceModel.ModelCheckpoint;
import io.hydrant.testkit.simulation.ReferenceModel.ModelImage;
import io.hydrant.testkit.simulation.ReferenceModel.PageRef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Holds a store against the model: which checkpoints there are, and every byte of them. Reads as a
 * restorer does: in a session of its own.
 */
public final class StoreChecker {
  private final SimulatedReplica replica;
  private final ByteBuffer target = ByteBuffer.allocateDirect(2 << 20);

  public StoreChecker(SimulatedReplica replica) {
    this.replica = replica;
  }

  /** Everything. */
  public void checkAll(ReferenceModel model) throws IOException, Refusal {
    checkCatalog(model);
    for (var image : model.images().entrySet()) {
      for (var checkpoint : image.getValue().committed().entrySet()) {
        checkCheckpoint(image.getKey(), checkpoint.getKey(), checkpoint.getValue());
      }
    }
  }

  /** The catalog, the newest checkpoint of each image, and one more. */
  public void checkSome(ReferenceModel model, RandomGenerator random) throws IOException, Refusal {
    checkCatalog(model);
    for (var image : model.images().entrySet()) {
      if (image.getValue().head() != 0) {
        long head = image.getValue().head();
        checkCheckpoint(
            image.getKey(), head, Objects.requireNonNull(image.getValue().committed().get(head)));
      }
    }
    checkOne(model, random);
  }

  /** One checkpoint of one image. */
  public void checkOne(ReferenceModel model, RandomGenerator random) throws IOException, Refusal {
    List<Long> images = List.copyOf(model.images().keySet());
    if (images.isEmpty()) {
      return;
    }
    long image = images.get(random.nextInt(images.size()));
    ModelImage modelImage = Objects.requireNonNull(model.images().get(image));
    List<Long> ids = List.copyOf(modelImage.committed().keySet());
    if (!ids.isEmpty()) {
      long id = ids.get(random.nextInt(ids.size()));
      checkCheckpoint(image, id, Objects.requireNonNull(modelImage.committed().get(id)));
    }
  }

  private void checkCatalog(ReferenceModel model) {
    Set<Long> there = new TreeSet<>();
    for (ImageState image : replica.store().catalog().images()) {
      there.add(image.id().value());
    }
    require(there.equals(model.images().keySet()), "images", model.images().keySet(), there);
    for (var entry : model.images().entrySet()) {
      ImageState image = image(entry.getKey());
      ModelImage expected = entry.getValue();
      require(image.name().equals(expected.name()), "name", expected.name(), image.name());
      require(image.epoch().value() == expected.epoch(), "epoch", expected.epoch(), image.epoch());
      long head = image.head().map(CheckpointId::value).orElse(0L);
      require(head == expected.head(), "head of " + image.id(), expected.head(), head);
      Set<Long> committed = new TreeSet<>();
      image.committed().keySet().forEach(id -> committed.add(id.value()));
      require(
          committed.equals(expected.committed().keySet()),
          "checkpoints of " + image.id(),
          expected.committed().keySet(),
          committed);
    }
  }

  private ImageState image(long id) {
    return replica.store().catalog().image(new ImageId(id)).orElseThrow();
  }

  private void checkCheckpoint(long imageId, long id, ModelCheckpoint expected)
      throws IOException, Refusal {
    ImageState image = image(imageId);
    CheckpointId checkpoint = new CheckpointId(id);
    CheckpointInfo info = Objects.requireNonNull(image.committed().get(checkpoint));
    Outcome outcome = replica.submit(new Command.Pin(image.id(), Optional.of(checkpoint), 60_000));
    if (!(outcome instanceof Outcome.Pinned pinned)) {
      throw new IllegalStateException("pin of " + checkpoint + " answered " + outcome);
    }
    checkPinned(replica.store().readPoint(pinned.session()), info, expected);
    replica.submit(new Command.Unpin(pinned.session(), Optional.empty()));
  }

  private void checkPinned(ReadPoint point, CheckpointInfo info, ModelCheckpoint expected)
      throws IOException, Refusal {
    for (int region = 0; region < info.regions().size(); region++) {
      checkRegion(point, region, expected);
    }
    checkSlim(point, expected);
  }

  private void checkRegion(ReadPoint point, int region, ModelCheckpoint expected)
      throws IOException, Refusal {
    RegionSpec spec = point.checkpoint().regions().get(region);
    long next = 0;
    while (next < spec.pages()) {
      target.clear();
      PageReader.RangePart part =
          replica.store().pages().readRange(point, region, next, spec.pages(), false, target);
      PageBatch batch = part.batch();
      target.flip();
      for (int row = 0; row < batch.size(); row++) {
        checkPage(point, region, spec, batch, row, expected);
      }
      require(part.nextPage() == next + batch.size(), "next page", next, part.nextPage());
      next = part.nextPage();
    }
  }

  private void checkPage(
      ReadPoint point,
      int region,
      RegionSpec spec,
      PageBatch batch,
      int row,
      ModelCheckpoint model) {
    long page = batch.pages()[row];
    Long content = model.pages().get(new PageRef(region, page));
    String where =
        "%s %s region %d page %d"
            .formatted(point.session().image(), point.checkpoint().id(), region, page);
    require(content != null, where, "a page of the model", "none");
    PageEncoding encoding = PageEncoding.ofCode(batch.encodings()[row]);
    ByteBuffer bytes = target.slice(target.position(), batch.lengths()[row]);
    target.position(target.position() + batch.lengths()[row]);
    long seed = Objects.requireNonNull(content);
    switch (encoding) {
      case ZERO -> require(seed == PageContents.ZERO, where, seed, "zero");
      case NOT_KEPT -> require(seed == PageContents.NOT_KEPT, where, seed, "not kept");
      case RAW ->
          require(bytes.equals(PageContents.page(seed, spec.pageBytes())), where, seed, "other");
      case ZSTD -> require(bytes.equals(PageContents.encoded(seed)), where, seed, "other");
    }
  }

  private void checkSlim(ReadPoint point, ModelCheckpoint expected) throws IOException, Refusal {
    List<SlimReader.Chunk> chunks = replica.store().slim().chunks(point);
    require(chunks.size() == (expected.slimBytes() == 0 ? 0 : 1), "slim chunks", expected, chunks);
    for (SlimReader.Chunk chunk : chunks) {
      ByteBuffer bytes = replica.store().slim().read(point, chunk);
      require(
          bytes.equals(PageContents.page(expected.slimSeed(), expected.slimBytes())),
          "slim state of " + point.checkpoint().id(),
          expected.slimSeed(),
          "other bytes");
    }
  }

  private static void require(boolean holds, String what, Object expected, Object actual) {
    if (!holds) {
      throw new IllegalStateException(
          "%s: the model has %s, the store %s".formatted(what, expected, actual));
    }
  }
}
