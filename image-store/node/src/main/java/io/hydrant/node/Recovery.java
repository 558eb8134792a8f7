package io.hydrant.node;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.MissingView;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.DataDirectory.Part;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.replication.EntryCodec;
import io.hydrant.node.replication.UnreadableEntryException;
import io.hydrant.raftlog.EntryVisitor;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new group of one out of what a single replica has, because the majority of the old one is
 * lost for ever. No server runs on the directory, and it stays locked until this is closed.
 *
 * <pre>
 * examine   applies everything in the local log, committed or not, in memory; changes nothing
 * recover   the same, durably; then decides ({@code recovery} file), sets the log aside, takes the
 *           new identity on. Cut off behind the decision, only {@link #finish} is possible.
 * </pre>
 *
 * <p>The new group has another id: old members that turn up later are refused, as they may know of
 * other entries at the same places of the log.
 */
public final class Recovery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final NodeConfig config;
  private final DataDirectory data;
  private final RandomGenerator random = new SecureRandom();

  private Recovery(NodeConfig config, DataDirectory data) {
    this.config = config;
    this.data = data;
  }

  /**
   * What was made.
   *
   * @param oldLog where the log of the old group is kept
   */
  public record Recovered(UUID group, MemberAddress self, Path oldLog) {}

  /**
   * Takes the data directory.
   *
   * @throws io.hydrant.node.data.DataDirectoryException not one of several, in use, or damaged; the
   *     message says what to do
   */
  public static Recovery open(NodeConfig config) throws IOException {
    return new Recovery(config, DataDirectory.openToRecover(config.dataDirectory()));
  }

  /** Whether one was decided before and cut off: {@link #finish} it. */
  public boolean isUnderWay() {
    return data.isRecovering();
  }

  /** What would be kept and what lost. Reads the whole log behind the last snapshot. */
  public Losses examine() throws IOException {
    ClosingOrder closing = new ClosingOrder();
    try {
      ImageStore store = replayed(stores(closing).examine(data));
      return new Losses(
          data.identity().store().cluster(),
          data.identity().group(),
          data.identity().node(),
          store.applied(),
          images(store));
    } finally {
      closing.close();
    }
  }

  /**
   * Does it.
   *
   * @param examined what was accepted as lost
   * @throws IOException nothing is decided unless {@link #isUnderWay}; otherwise {@link #finish} it
   */
  public Recovered recover(Losses examined) throws IOException {
    EntryPosition durable = makeDurable();
    if (!durable.equals(examined.last())) {
      throw new IOException(
          "the state at %s could not be made durable (only %s): is the disk full?"
              .formatted(examined.last(), durable));
    }
    NodeIdentity old = data.identity();
    MemberAddress self =
        old.adoption().stream()
            .flatMap(adoption -> adoption.members().stream())
            .filter(member -> member.node().equals(old.node()))
            .findFirst()
            .orElseThrow();
    UUID group = new UUID(random.nextLong(), random.nextLong());
    data.decideRecovery(
        new NodeIdentity(
            old.store(), old.node(), Optional.of(Adoption.recovered(group, self, durable))));
    return finish();
  }

  /** Goes through with one that was decided. */
  public Recovered finish() throws IOException {
    NodeIdentity next = data.decidedRecovery();
    Path aside = data.finishRecovery(log());
    return new Recovered(next.group(), next.adoption().orElseThrow().members().getFirst(), aside);
  }

  private EntryPosition makeDurable() throws IOException {
    ClosingOrder closing = new ClosingOrder();
    ImageStore store;
    try {
      store = replayed(stores(closing).open(data));
    } finally {
      closing.close();
    }
    // Closing has taken a last snapshot, unless there was no room.
    return store.snapshotPosition();
  }

  private StoreWiring stores(ClosingOrder closing) {
    NodeEvents events =
        new NodeEvents((what, cause) -> LOG.error("{}: {}", what, cause.toString(), cause));
    return new StoreWiring(config.storage(), events, random, closing);
  }

  private Path log() {
    return data.part(Part.RAFT).resolve(GroupWiring.LOG);
  }

  private ImageStore replayed(ImageStore store) throws IOException {
    EntryPosition state = store.snapshotPosition();
    GroupWiring.readOffline(
        log(),
        data.identity().group(),
        new LogPosition(state.term(), state.index()),
        new EntryVisitor() {
          @Override
          public void command(LogPosition position, byte[] command) throws IOException {
            store.apply(entryPosition(position), decoded(position, command));
          }

          @Override
          public void skipped(LogPosition position) {
            store.skip(entryPosition(position));
          }

          @Override
          public void membership(Membership membership) {}
        });
    return store;
  }

  private static Entry decoded(LogPosition position, byte[] command) throws IOException {
    try {
      return EntryCodec.decode(command);
    } catch (UnreadableEntryException e) {
      throw new IOException(
          "entry %d of the log: %s".formatted(position.index(), e.getMessage()), e);
    }
  }

  private static EntryPosition entryPosition(LogPosition position) {
    return new EntryPosition(position.term(), position.index());
  }

  private static List<Losses.Image> images(ImageStore store) {
    Map<ImageId, List<CheckpointId>> missing =
        store.missing().lacks().stream()
            .collect(
                Collectors.groupingBy(
                    MissingView.Lack::image,
                    Collectors.mapping(MissingView.Lack::asOf, Collectors.toList())));
    List<Losses.Image> images = new ArrayList<>();
    for (ImageState image : store.catalog().images()) {
      images.add(
          new Losses.Image(
              image.id().value(),
              image.name(),
              image.head(),
              image.committed().values().stream().map(CheckpointInfo::id).sorted().toList(),
              missing.getOrDefault(image.id(), List.of()).stream().sorted().toList()));
    }
    images.sort(Comparator.comparingLong(Losses.Image::id));
    return images;
  }

  @Override
  public void close() throws IOException {
    data.close();
  }
}
