package io.hydrant.node.peer;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.node.damage.CopyWitnesses.Told;
import io.hydrant.node.replication.Replication;
import io.hydrant.peer.v1.AskCopiesRequest;
import io.hydrant.peer.v1.Copies;
import io.hydrant.peer.v1.PeerServiceGrpc;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members that can be asked for what this replica lacks, each over a connection of its own that
 * is made when it is wanted. Who has all of a checkpoint is asked before who does not, and a
 * follower before the leader, who has enough to do.
 */
final class RepairSources implements RepairStep.Surroundings, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RepairSources.class);

  /** Between two attempts to reach a member. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What a member verifies for one call, and a device that takes long over the last page. */
  private static final long COPIES_SECONDS_MAX = 40;

  private final PeerGroup group;
  private final Handshake handshake;
  private final Supplier<Map<String, InventoryView>> others;
  private final int sourcesMax;
  private final LongSupplier nanoTime;

  /** Between two words on the same member: a source may break as often as it is tried. */
  private static final long TELL_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Seldom<String> told = new Seldom<>(TELL_NANOS);

  /** Guarded by this. */
  private final Map<String, Link> links = new HashMap<>();

  private volatile boolean wanted;
  private boolean closed;

  /** A connection that has greeted. */
  private record Link(
      PeerAddress address,
      @Nullable PeerConnection connection,
      @Nullable RepairSource source,
      long atNanos) {}

  /**
   * @param others what the other members that are there have, by node
   * @param sourcesMax asked for one checkpoint, at most
   */
  RepairSources(
      PeerGroup group,
      Handshake handshake,
      Supplier<Map<String, InventoryView>> others,
      int sourcesMax,
      LongSupplier nanoTime) {
    this.group = group;
    this.handshake = handshake;
    this.others = others;
    this.sourcesMax = sourcesMax;
    this.nanoTime = nanoTime;
  }

  @Override
  public synchronized List<RepairSource> sources(CheckpointKey asOf, RepairPlan.Urgency urgency) {
    wanted = true;
    Map<String, InventoryView> seen = others.get();
    String leader = group.leader().orElse("");
    return links.values().stream()
        .map(Link::source)
        .filter(Objects::nonNull)
        .sorted(
            Comparator.comparing((RepairSource source) -> lacks(seen.get(source.node()), asOf))
                .thenComparing(source -> source.node().equals(leader))
                .thenComparing(RepairSource::node))
        .limit(sourcesMax)
        .toList();
  }

  private static boolean lacks(@Nullable InventoryView view, CheckpointKey asOf) {
    return view != null && !view.lacking().isWhole(asOf.image(), asOf.checkpoint());
  }

  /**
   * Asks every member that is connected whether it has good bytes of these; who does not answer is
   * left out. Blocks on them.
   *
   * @param after what is bad there is told from behind this one on
   */
  List<Told> copies(List<StoredVersion> asked, Optional<StoredVersion> after) {
    AskCopiesRequest request = CopyMessages.request(asked, after);
    Map<RemoteRepairSource, CompletableFuture<Copies>> calls = new LinkedHashMap<>();
    for (Link link : connected()) {
      PeerConnection connection = link.connection();
      if (connection != null && link.source() instanceof RemoteRepairSource source) {
        calls.put(source, copies(connection, request));
      }
    }
    List<Told> told = new ArrayList<>();
    calls.forEach((source, call) -> {
      try {
        told.add(CopyMessages.told(source.node(), asked.size(), call.join()));
      } catch (CompletionException | IllegalArgumentException e) {
        LOG.debug("{} does not say what it has: {}", source.node(), e.getMessage());
        if (!(Replication.cause(e) instanceof StatusRuntimeException status)
            || status.getStatus().getCode() == Status.Code.UNAVAILABLE
                && RemoteRepairSource.reason(status).isEmpty()) {
          broke(source); // it answers nonsense, or not at all; a reason is an answer
        }
      }
    });
    return told;
  }

  private static CompletableFuture<Copies> copies(
      PeerConnection connection, AskCopiesRequest request) {
    CompletableFuture<Copies> copies = new CompletableFuture<>();
    PeerServiceGrpc.newStub(connection.channel())
        .withDeadlineAfter(COPIES_SECONDS_MAX, TimeUnit.SECONDS)
        .askCopies(
            request,
            new PeerAnswer<>() {
              @Override
              public void onNext(Copies answer) {
                copies.complete(answer);
              }

              @Override
              public void onError(Throwable failure) {
                copies.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                copies.completeExceptionally(new IOException("no answer"));
              }
            });
    return copies;
  }

  private synchronized List<Link> connected() {
    wanted = true;
    return List.copyOf(links.values());
  }

  @Override
  public Collection<InventoryView> others() {
    return others.get().values();
  }

  /** Makes the connections that are missing, if somebody was wanted since; blocks on them. */
  void connect() {
    if (!wanted) {
      return;
    }
    wanted = false;
    for (PeerAddress address : due()) {
      PeerConnection connection = PeerConnection.to(address, handshake.self());
      try {
        connection.greet(address, handshake);
        RemoteRepairSource source =
            new RemoteRepairSource(address.node(), connection.channel(), this::broke);
        put(new Link(address, connection, source, nanoTime.getAsLong()));
      } catch (IOException e) {
        LOG.debug("no repair from {}: {}", address, e.getMessage());
        connection.close();
        put(new Link(address, null, null, nanoTime.getAsLong()));
      }
    }
  }

  /** Members that are not connected, and were not tried a moment ago; forgets who left. */
  private synchronized List<PeerAddress> due() {
    List<PeerAddress> due = new ArrayList<>();
    Set<String> gone = new HashSet<>(links.keySet());
    for (PeerAddress address : group.others()) {
      gone.remove(address.node());
      Link link = links.get(address.node());
      boolean moved = link != null && !link.address().equals(address);
      if (moved) {
        end(address.node());
      }
      if (link == null
          || moved
          || link.source() == null && nanoTime.getAsLong() - link.atNanos() >= RETRY_NANOS) {
        due.add(address);
      }
    }
    gone.forEach(node -> {
      end(node);
      told.forget(node);
    });
    return due;
  }

  private synchronized void put(Link link) {
    Link old = links.put(link.address().node(), link);
    if (old != null && old.connection() != null) {
      old.connection().close();
    }
    if (closed) {
      end(link.address().node());
    }
  }

  private void end(String node) {
    Link link = links.remove(node);
    if (link != null && link.connection() != null) {
      link.connection().close();
    }
  }

  /** A call failed: greets anew before it is asked again. */
  private synchronized void broke(RemoteRepairSource source) {
    Link link = links.get(source.node());
    if (link != null && link.source() == source) {
      if (told.isDue(source.node(), nanoTime.getAsLong())) {
        LOG.info("{} cannot be asked for what is lacking here any more", source.node());
      }
      if (link.connection() != null) {
        link.connection().close();
      }
      links.put(source.node(), new Link(link.address(), null, null, nanoTime.getAsLong()));
    }
  }

  /** Ends all calls. */
  @Override
  public synchronized void close() {
    closed = true;
    List.copyOf(links.keySet()).forEach(this::end);
  }
}
