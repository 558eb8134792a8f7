package io.hydrant.node.peer;

import com.google.protobuf.ByteString;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.DigestReport;
import io.hydrant.peer.v1.Inventory;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a replica hashes of itself, as part of a message and back. One for each stream: the hashes
 * go with the first message behind a DigestAt only. Not safe for use by many threads.
 */
final class DigestMessages {
  /** Of one message: less than a megabyte. Of more images the first are compared. */
  private static final int IMAGES_MAX = 16_384;

  private long toldIndex;

  /** The message, with the hashes if they were not told on this stream. */
  Inventory with(Inventory message, Digests digests) {
    Optional<DigestReport> report = digests.last().filter(last -> last.index() != toldIndex);
    if (report.isEmpty()) {
      return message;
    }
    toldIndex = report.get().index();
    return message.toBuilder().setDigest(message(report.get())).build();
  }

  private static io.hydrant.peer.v1.DigestReport message(DigestReport report) {
    io.hydrant.peer.v1.DigestReport.Builder message =
        io.hydrant.peer.v1.DigestReport.newBuilder()
            .setIndex(report.index())
            .setCatalog(bytes(report.catalog()));
    report.maps().entrySet().stream()
        .limit(IMAGES_MAX)
        .forEach(map -> message.putMaps(map.getKey().value(), bytes(map.getValue())));
    return message.build();
  }

  private static ByteString bytes(Digest digest) {
    return ByteString.copyFrom(digest.toBytes());
  }

  /**
   * @throws IllegalArgumentException if the hashes make no sense
   */
  static Optional<DigestReport> report(Inventory message) {
    if (!message.hasDigest()) {
      return Optional.empty();
    }
    Map<ImageId, Digest> maps = new TreeMap<>();
    message
        .getDigest()
        .getMapsMap()
        .forEach((image, digest) -> maps.put(new ImageId(image), Digest.of(digest.toByteArray())));
    return Optional.of(
        DigestReport.of(
            message.getDigest().getIndex(),
            Digest.of(message.getDigest().getCatalog().toByteArray()),
            maps));
  }
}
