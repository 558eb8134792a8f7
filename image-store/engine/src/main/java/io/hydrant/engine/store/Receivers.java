package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import java.io.IOException;

/**
 * Who may stage what (PROTOCOL, step "receive frames"): decided by the applied catalog, which goes
 * on meanwhile. Any thread.
 *
 * <pre>
 * fate of the id        a leader's own       forwarded
 * open                  the receiver         the same one, if opened alike
 * unknown               refused              a receiver, of so many ids at most
 * committed, retired    refused              the receiver, while its bytes are awaited
 * aborted               refused              refused
 * </pre>
 */
final class Receivers {
  private final Catalog catalog;
  private final Staging staging;
  private final Publisher publisher;
  private final StoreWriter writer;

  Receivers(Catalog catalog, Staging staging, Publisher publisher, StoreWriter writer) {
    this.catalog = catalog;
    this.staging = staging;
    this.publisher = publisher;
    this.writer = writer;
  }

  /** As {@link ImageStore#staged}. */
  StagedCheckpoint open(CheckpointKey key, Epoch epoch) throws Refusal {
    StagedCheckpoint receiver = staging.receiver(key, requireOpen(key, epoch));
    try {
      // An entry that ended the id between the check and the creation must not leave a receiver
      // behind; but records that it is about to publish are not ours to take.
      requireOpen(key, epoch);
    } catch (Refusal e) {
      staging.discardIfEmpty(key);
      throw e;
    }
    return receiver;
  }

  /** As {@link ImageStore#receive}. */
  StagedCheckpoint forwarded(CheckpointKey key, CheckpointInfo asOpened)
      throws Refusal, IOException {
    StagedCheckpoint receiver =
        switch (catalog.fate(key)) {
          case OPEN -> openOrLate(key, asOpened);
          case UNKNOWN ->
              staging
                  .receiverOfUnknown(
                      key, asOpened, other -> catalog.fate(other) == ImageState.Fate.UNKNOWN)
                  .orElseThrow(() -> tooManyUnknown(key));
          case COMMITTED, RETIRED -> late(key, asOpened);
          case ABORTED -> throw refuseFinal(key);
        };
    return switch (catalog.fate(key)) {
      case OPEN, UNKNOWN -> receiver;
      // It became final in between; if it was not published, nobody knew of this receiver.
      case COMMITTED, RETIRED -> late(key, asOpened);
      case ABORTED -> {
        staging.discardIfEmpty(key);
        throw refuseFinal(key);
      }
    };
  }

  private StagedCheckpoint openOrLate(CheckpointKey key, CheckpointInfo asOpened)
      throws Refusal, IOException {
    try {
      return open(key, requireOpenedAs(key, asOpened).epoch());
    } catch (Refusal refusal) {
      // An entry may have ended the id since its fate was asked.
      if (catalog.fate(key) == ImageState.Fate.OPEN) {
        throw refusal;
      }
      return late(key, asOpened);
    }
  }

  private StagedCheckpoint late(CheckpointKey key, CheckpointInfo asOpened)
      throws Refusal, IOException {
    try {
      CheckpointInfo known =
          requireImage(key.image()).committed().getOrDefault(key.checkpoint(), asOpened);
      return switch (writer
          .tryChange(() -> publisher.receiveLate(key, known))
          .orElseThrow(() -> refuseStopping(key))) {
        case Publisher.Late.Receiver(StagedCheckpoint receiver) -> receiver;
        case Publisher.Late.TooMany _ -> throw tooManyLate(key);
        case Publisher.Late.NotAwaited _ -> throw refuseFinal(key);
      };
    } catch (Refusal refusal) {
      // A receiver that was begun before the entry is nobody's.
      staging.discardIfEmpty(key);
      throw refusal;
    }
  }

  private static Refusal tooManyUnknown(CheckpointKey key) {
    return new Refusal(
        Rejection.LIMIT_EXCEEDED,
        "%s: %d checkpoints came before their entries; this replica is behind, send again"
            .formatted(key, Staging.UNKNOWN_IDS_MAX));
  }

  private static Refusal tooManyLate(CheckpointKey key) {
    return new Refusal(
        Rejection.LIMIT_EXCEEDED,
        "%s: %d committed checkpoints are being received already; send again"
            .formatted(key, Staging.LATE_RECEIVERS_MAX));
  }

  private static Refusal refuseStopping(CheckpointKey key) {
    return new Refusal(Rejection.BEHIND, "%s: this replica is stopping; send again".formatted(key));
  }

  private Refusal refuseFinal(CheckpointKey key) {
    return new Refusal(
        Rejection.ABORTED,
        "%s is final (%s): nothing is taken for it any more".formatted(key, catalog.fate(key)));
  }

  private CheckpointInfo requireOpenedAs(CheckpointKey key, CheckpointInfo asOpened)
      throws Refusal {
    CheckpointInfo open = requireOpen(key, asOpened.epoch());
    if (open.kind() != asOpened.kind() || !open.regions().equals(asOpened.regions())) {
      throw new Refusal(
          Rejection.INVALID, "%s was opened otherwise than these frames say".formatted(key));
    }
    return open;
  }

  private CheckpointInfo requireOpen(CheckpointKey key, Epoch epoch) throws Refusal {
    ImageState image = requireImage(key.image());
    CheckpointInfo open = image.open().get(key.checkpoint());
    if (open == null) {
      throw new Refusal(
          image.fate(key.checkpoint()) == ImageState.Fate.UNKNOWN
              ? Rejection.UNKNOWN_CHECKPOINT
              : Rejection.ABORTED,
          "%s is not open (%s); open a new one".formatted(key, image.fate(key.checkpoint())));
    }
    if (!open.epoch().equals(epoch)) {
      throw new Refusal(
          Rejection.STALE_EPOCH,
          "%s was opened under epoch %d, not %d"
              .formatted(key, open.epoch().value(), epoch.value()));
    }
    return open;
  }

  private ImageState requireImage(ImageId id) throws Refusal {
    return catalog
        .image(id)
        .orElseThrow(() -> new Refusal(Rejection.UNKNOWN_IMAGE, id + " does not exist"));
  }
}
