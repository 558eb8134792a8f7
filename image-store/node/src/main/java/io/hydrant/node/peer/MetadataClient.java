package io.hydrant.node.peer;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.hydrant.node.replication.MetadataSource;
import io.hydrant.peer.v1.FetchMetadataRequest;
import io.hydrant.peer.v1.MetadataPart;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.raftlog.Peer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fetches the metadata of another member: of the leader, or of whoever else has applied enough. */
public final class MetadataClient implements MetadataSource {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataClient.class);

  /** A million images have less. */
  private static final long METADATA_BYTES_MAX = 1L << 30;

  private final Handshake handshake;
  private final Supplier<List<PeerAddress>> others;
  private @Nullable PeerConnection connection;
  private boolean closed;

  /**
   * @param others the other members, as they are known here
   */
  public MetadataClient(Handshake handshake, Supplier<List<PeerAddress>> others) {
    this.handshake = handshake;
    this.others = others;
  }

  @Override
  public byte[] fetch(long atLeast, Peer leader) throws IOException {
    List<String> answers = new ArrayList<>();
    for (PeerAddress address : inOrder(leader)) {
      try (PeerConnection opened = open(address)) {
        opened.greet(address, handshake);
        return fetch(opened, address, atLeast);
      } catch (IOException e) {
        answers.add(String.valueOf(e.getMessage()));
      } finally {
        closed(null);
      }
    }
    throw new IOException(
        "nobody gave metadata at entry %d or later: %s"
            .formatted(atLeast, answers.isEmpty() ? "no other member is known" : answers));
  }

  private List<PeerAddress> inOrder(Peer leader) {
    List<PeerAddress> ordered = new ArrayList<>();
    if (!leader.peerAddress().isEmpty()) {
      ordered.add(PeerAddress.of(leader.id(), leader.peerAddress()));
    }
    for (PeerAddress other : others.get()) {
      if (other.node().equals(leader.id()) && ordered.isEmpty()) {
        ordered.addFirst(other);
      } else if (!other.node().equals(leader.id())) {
        ordered.add(other);
      }
    }
    return ordered;
  }

  private synchronized PeerConnection open(PeerAddress address) throws IOException {
    if (closed) {
      throw new IOException("this node stops");
    }
    PeerConnection opened = PeerConnection.to(address, handshake.self());
    connection = opened;
    return opened;
  }

  private synchronized void closed(@Nullable PeerConnection none) {
    connection = none;
  }

  private static byte[] fetch(PeerConnection from, PeerAddress address, long atLeast)
      throws IOException {
    ByteArrayOutputStream catalog = new ByteArrayOutputStream();
    long index = -1;
    try {
      Iterator<MetadataPart> parts =
          PeerServiceGrpc.newBlockingStub(from.channel())
              .fetchMetadata(FetchMetadataRequest.newBuilder().setFirstAvailable(atLeast).build());
      boolean last = false;
      while (!last) {
        if (!parts.hasNext()) {
          throw new IOException(address.node() + " ended the metadata before its end");
        }
        MetadataPart part = parts.next();
        if (index >= 0 && part.getIndex() != index) {
          throw new IOException(address.node() + " sent parts of different metadata");
        }
        index = part.getIndex();
        take(part, address, catalog);
        last = part.getLast();
      }
    } catch (StatusRuntimeException e) {
      throw new IOException("%s: %s".formatted(address.node(), e.getStatus().getDescription()), e);
    }
    if (index < atLeast) {
      throw new IOException("%s sent metadata as of entry %d".formatted(address.node(), index));
    }
    LOG.info("{} bytes of metadata came from {}, of entry {}", catalog.size(), address, index);
    return catalog.toByteArray();
  }

  private static void take(MetadataPart part, PeerAddress from, ByteArrayOutputStream catalog)
      throws IOException {
    ByteString bytes = part.getCatalog();
    CRC32C crc = new CRC32C();
    bytes.asReadOnlyByteBufferList().forEach(crc::update);
    if ((int) crc.getValue() != part.getChecksum()) {
      throw new IOException(from.node() + " sent metadata with a bad checksum");
    }
    if (catalog.size() + (long) bytes.size() > METADATA_BYTES_MAX) {
      throw new IOException(
          "%s sent more than %d bytes of metadata".formatted(from.node(), METADATA_BYTES_MAX));
    }
    bytes.writeTo(catalog);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (connection != null) {
      connection.close();
    }
  }
}
