package io.hydrant.node.api;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CatalogLimits;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Quota;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.ImageId;
import io.hydrant.node.replication.EntryCodec;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.Reason;
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

  /** The checkpoint that a request means: by its number, by its name, or the latest. */
  public sealed interface Wanted {
    /** Which one of the image as the catalog knows it now; empty: the latest. */
    Optional<CheckpointId> of(ImageState image);

    /** The head where the entry is applied. */
    record Latest() implements Wanted {
      @Override
      public Optional<CheckpointId> of(ImageState image) {
        return Optional.empty();
      }
    }

    /** By its number. */
    record Numbered(CheckpointId id) implements Wanted {
      @Override
      public Optional<CheckpointId> of(ImageState image) {
        return Optional.of(id);
      }
    }

    /** By its name. */
    record Named(String name) implements Wanted {
      @Override
      public Optional<CheckpointId> of(ImageState image) {
        CheckpointId id = image.names().get(name);
        if (id == null) {
          throw new ApiException(
              Reason.REASON_UNKNOWN_CHECKPOINT,
              "no checkpoint of image '%s' has the name '%s': ListCheckpoints tells which names there are"
                  .formatted(image.name(), name));
        }
        return Optional.of(id);
      }
    }
  }

  /** The checkpoint that a request means by number or name, or by neither. */
  public static Wanted wanted(long id, String name) {
    Optional<CheckpointId> numbered = checkpoint(id);
    if (name.isEmpty()) {
      return numbered.<Wanted>map(Wanted.Numbered::new).orElseGet(Wanted.Latest::new);
    }
    if (numbered.isPresent()) {
      throw ApiException.invalid("checkpoint and checkpoint_name are both given: name one of them");
    }
    return new Wanted.Named(checkpointName(name));
  }

  /** What a take-over asks for, before the image is known. */
  interface TakeOver {
    /** What it restores of the image as the catalog knows it now. */
    Command.Restore of(ImageState image);
  }

  /** What a take-over restores. */
  static TakeOver takeOver(AcquireProtectionRequest request) {
    Wanted wanted = wanted(request.getCheckpoint(), request.getCheckpointName());
    boolean named = request.getRestore() == TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT;
    if (named == wanted instanceof Wanted.Latest) {
      throw ApiException.invalid(
          "checkpoint (or checkpoint_name) goes with restore CHECKPOINT, and only with that: name one or neither");
    }
    int leaseMillis = leaseMillis(request.getLeaseMillis());
    return switch (request.getRestore()) {
      case TAKE_OVER_RESTORE_UNSPECIFIED -> {
        if (request.getLeaseMillis() != 0) {
          throw ApiException.invalid("lease_millis: nothing is restored, so there is no lease");
        }
        yield _ -> Command.Restore.NONE;
      }
      case TAKE_OVER_RESTORE_LATEST -> _ -> new Command.Restore.Head(leaseMillis);
      case TAKE_OVER_RESTORE_CHECKPOINT ->
          image -> new Command.Restore.At(wanted.of(image).orElseThrow(), Optional.of(leaseMillis));
      case UNRECOGNIZED -> throw ApiException.invalid("restore has an unknown value");
    };
  }

  /** A checkpoint's name: its form is the catalog's to judge, but it must fit into an entry. */
  static String checkpointName(String name) {
    if (name.isEmpty() || name.length() > CatalogLimits.CHECKPOINT_NAME_CHARS_MAX) {
      throw ApiException.invalid(
          "a checkpoint's name must have 1 to %d characters, not %d"
              .formatted(CatalogLimits.CHECKPOINT_NAME_CHARS_MAX, name.length()));
    }
    return name;
  }

  /** A new image's durability; in a group of one both are its own disk. */
  static Durability durability(io.hydrant.v1.Durability durability) {
    return switch (durability) {
      case DURABILITY_UNSPECIFIED, DURABILITY_QUORUM -> Durability.QUORUM;
      case DURABILITY_ALL -> Durability.ALL;
      case UNRECOGNIZED -> throw ApiException.invalid("durability has an unknown value");
    };
  }

  /** What an image may take; 0: there is no quota. */
  static Optional<Quota> quota(long bytes) {
    try {
      return bytes == 0 ? Optional.empty() : Optional.of(new Quota(bytes));
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid("quota_bytes: " + e.getMessage());
    }
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
