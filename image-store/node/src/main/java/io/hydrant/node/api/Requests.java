package io.hydrant.node.api;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CatalogLimits;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.ImageId;
import io.hydrant.node.replication.EntryCodec;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Retention;
import io.hydrant.v1.TakeOverRestore;
import java.util.Optional;

/** Reads what requests have in common. */
public final class Requests {
  private static final int LEASE_MILLIS_DEFAULT = 60_000;

  private Requests() {}

  /** The image meant, as the catalog knows it now. */
  public static ImageState image(Catalog catalog, ImageRef ref) {
    if (ref.getUid() != 0) {
      return image(catalog, ref.getUid());
    }
    if (ref.getName().isEmpty()) {
      throw ApiException.invalid("image: neither uid nor name is given; give one");
    }
    return catalog
        .imageNamed(ref.getName())
        .orElseThrow(() -> unknownImage("named '" + shown(ref.getName()) + "'"));
  }

  /** The image with a uid, as the catalog knows it now. */
  public static ImageState image(Catalog catalog, long uid) {
    Optional<ImageState> image = uid > 0 ? catalog.image(new ImageId(uid)) : Optional.empty();
    return image.orElseThrow(() -> unknownImage("with uid " + Long.toUnsignedString(uid)));
  }

  private static ApiException unknownImage(String which) {
    return new ApiException(
        Reason.REASON_UNKNOWN_IMAGE,
        "there is no image " + which + ": ListImages tells which there are");
  }

  /** An id of 16 bytes, or none. */
  public static RequestId id(ByteString bytes, String field) {
    try {
      return EntryCodec.idOf(bytes);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid(
          "%s must be 16 random bytes (or absent), not %d".formatted(field, bytes.size()));
    }
  }

  /** The checkpoint that a request names; empty for 0. */
  public static Optional<CheckpointId> checkpoint(long id) {
    if (id == 0) {
      return Optional.empty();
    }
    if (id < 0 || id > CheckpointId.MAX) {
      throw new ApiException(
          Reason.REASON_UNKNOWN_CHECKPOINT,
          "there is no checkpoint %s: ListCheckpoints tells which there are"
              .formatted(Long.toUnsignedString(id)));
    }
    return Optional.of(new CheckpointId(id));
  }

  /** The lease of a restore session; its range is the catalog's to judge. */
  public static int leaseMillis(int asked) {
    return asked == 0 ? LEASE_MILLIS_DEFAULT : asked;
  }

  /** What a take-over restores. */
  static Command.Restore restore(AcquireProtectionRequest request) {
    Optional<CheckpointId> checkpoint = checkpoint(request.getCheckpoint());
    boolean named = request.getRestore() == TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT;
    if (named != checkpoint.isPresent()) {
      throw ApiException.invalid(
          "checkpoint goes with restore CHECKPOINT, and only with that: name one or neither");
    }
    int leaseMillis = leaseMillis(request.getLeaseMillis());
    return switch (request.getRestore()) {
      case TAKE_OVER_RESTORE_UNSPECIFIED -> {
        if (request.getLeaseMillis() != 0) {
          throw ApiException.invalid("lease_millis: nothing is restored, so there is no lease");
        }
        yield Command.Restore.NONE;
      }
      case TAKE_OVER_RESTORE_LATEST -> new Command.Restore.Head(leaseMillis);
      case TAKE_OVER_RESTORE_CHECKPOINT ->
          new Command.Restore.At(checkpoint.orElseThrow(), Optional.of(leaseMillis));
      case UNRECOGNIZED -> throw ApiException.invalid("restore has an unknown value");
    };
  }

  /** How many checkpoints to keep. */
  public static int keepLast(Retention retention) {
    int keepLast = retention.getKeepLast();
    if (keepLast == 0) {
      return CatalogLimits.KEEP_LAST_DEFAULT;
    }
    if (keepLast < CatalogLimits.KEEP_LAST_MIN || keepLast > CatalogLimits.KEEP_LAST_MAX) {
      throw ApiException.invalid(
          "retention.keep_last must be %d to %d, not %s"
              .formatted(
                  CatalogLimits.KEEP_LAST_MIN,
                  CatalogLimits.KEEP_LAST_MAX,
                  Integer.toUnsignedString(keepLast)));
    }
    return keepLast;
  }

  /** A new image's durability; in a group of one both are its own disk. */
  static Durability durability(io.hydrant.v1.Durability durability) {
    return switch (durability) {
      case DURABILITY_UNSPECIFIED, DURABILITY_QUORUM -> Durability.QUORUM;
      case DURABILITY_ALL -> Durability.ALL;
      case UNRECOGNIZED -> throw ApiException.invalid("durability has an unknown value");
    };
  }

  /** A new image's name: its form is the catalog's to judge, but it must fit into an entry. */
  static String name(String name) {
    if (name.length() > CatalogLimits.IMAGE_NAME_CHARS_MAX) {
      throw ApiException.invalid(
          "name must have 1 to %d characters, not %d"
              .formatted(CatalogLimits.IMAGE_NAME_CHARS_MAX, name.length()));
    }
    return name;
  }

  private static String shown(String name) {
    return name.length() <= CatalogLimits.IMAGE_NAME_CHARS_MAX
        ? name
        : name.substring(0, CatalogLimits.IMAGE_NAME_CHARS_MAX) + "...";
  }
}
