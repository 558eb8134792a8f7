package io.hydrant.node.peer;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.replication.RegionEntries;
import io.hydrant.peer.v1.StageFinish;
import io.hydrant.peer.v1.StageOpen;
import io.hydrant.peer.v1.StageRequest;
import io.hydrant.peer.v1.Stated;
import io.hydrant.peer.v1.Took;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.ZeroTracts;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Frames and statements as messages, and back. */
final class StageMessages {
  private static final Map<Reason, Rejection> REJECTIONS = new EnumMap<>(Reason.class);

  static {
    for (Rejection rejection : Rejection.values()) {
      REJECTIONS.put(ApiErrors.reason(rejection), rejection);
    }
  }

  private StageMessages() {}

  /**
   * A frame as it travels; a batch that is here as its protector sent it goes on byte for byte.
   *
   * @param regions of the checkpoint
   */
  static StageRequest request(Frame frame, RegionTable regions) {
    StageRequest.Builder request =
        StageRequest.newBuilder()
            .setImage(frame.key().image().value())
            .setCheckpoint(frame.key().checkpoint().value())
            .setSequence(frame.sequence());
    switch (frame.step()) {
      case Frame.Step.Open open -> request.setOpen(open(open));
      case Frame.Step.Batch batch ->
          request.setBatch(
              batch
                  .asSent()
                  .map(sent -> UnsafeByteOperations.unsafeWrap(sent.duplicate()))
                  .orElseGet(() -> pages(batch, regions).toByteString()));
      case Frame.Step.ZeroTracts zero ->
          request.setZeroTracts(
              ZeroTracts.newBuilder()
                  .setRegion(zero.region())
                  .setFirstTract(zero.firstTract())
                  .setTractCount(zero.count()));
      case Frame.Step.Slim slim ->
          request.setSlim(
              SlimChunk.newBuilder()
                  .setOffset(slim.offset())
                  .setChecksum(slim.checksum())
                  .setData(UnsafeByteOperations.unsafeWrap(slim.bytes().duplicate())));
      case Frame.Step.Finish finish -> request.setFinish(finish(finish.claimed()));
    }
    return request.build();
  }

  private static StageOpen open(Frame.Step.Open open) {
    CheckpointInfo checkpoint = open.checkpoint();
    StageOpen.Builder message =
        StageOpen.newBuilder()
            .setEpoch(checkpoint.epoch().value())
            .setKind(checkpoint.kind().code())
            .setBase(checkpoint.base().map(CheckpointId::value).orElse(0L))
            .setOpenIndex(open.openIndex());
    message.addAllRegions(RegionEntries.of(checkpoint.regions()));
    return message.build();
  }

  /** What the message says of a checkpoint that was opened. */
  static CheckpointInfo opened(CheckpointKey key, StageOpen open) {
    return new CheckpointInfo(
        key.checkpoint(),
        open.getBase() == 0 ? Optional.empty() : Optional.of(new CheckpointId(open.getBase())),
        CheckpointKind.ofCode(open.getKind()),
        new Epoch(open.getEpoch()),
        new RegionTable(RegionEntries.read(open.getRegionsList())),
        Optional.empty());
  }

  /** A batch that was read back from the log, encoded anew. */
  private static Pages pages(Frame.Step.Batch batch, RegionTable regions) {
    RegionSpec region = regions.get(batch.region());
    PageTable table = batch.table();
    Pages.Builder pages = Pages.newBuilder().setRegion(batch.region());
    byte[] encodings = new byte[table.size()];
    for (int row = 0; row < table.size(); row++) {
      encodings[row] = (byte) table.encoding(row).code();
      pages
          .addPage(region.pageOf(batch.tract(), table.pageInTract(row)))
          .addLength(table.length(row))
          .addChecksum(table.checksum(row));
    }
    return pages
        .setEncoding(UnsafeByteOperations.unsafeWrap(encodings))
        .setData(UnsafeByteOperations.unsafeWrap(batch.payload().duplicate()))
        .build();
  }

  static StageFinish finish(Command.Content claimed) {
    return StageFinish.newBuilder()
        .setDigest(ByteString.copyFrom(claimed.digest().toBytes()))
        .setPatches(claimed.patches())
        .setPages(claimed.pages())
        .setDataBytes(claimed.dataBytes())
        .setSlimBytes(claimed.slimBytes())
        .build();
  }

  /**
   * @throws IllegalArgumentException if it has no digest
   */
  static Command.Content claimed(StageFinish finish) {
    return new Command.Content(
        Digest.of(finish.getDigest().toByteArray()),
        finish.getPatches(),
        finish.getPages(),
        finish.getDataBytes(),
        finish.getSlimBytes());
  }

  /**
   * @param life of the replica that speaks
   */
  static Stated stated(CheckpointKey key, long life, Statement.Says says) {
    Stated.Builder stated =
        Stated.newBuilder()
            .setImage(key.image().value())
            .setCheckpoint(key.checkpoint().value())
            .setLife(life);
    switch (says) {
      case Statement.Says.Took took ->
          stated.setTook(
              Took.newBuilder()
                  .setNextSequence(took.nextSequence())
                  .setDurablePatches(took.durablePatches()));
      case Statement.Says.Gap gap -> stated.setGap(gap.sequence());
      case Statement.Says.Holds holds ->
          stated.setDigest(ByteString.copyFrom(holds.digest().toBytes()));
      case Statement.Says.Refuses refuses ->
          stated.setRefusal(
              io.hydrant.peer.v1.Refusal.newBuilder()
                  .setReason(ApiErrors.reason(refuses.reason()))
                  .setMessage(refuses.message()));
    }
    return stated.build();
  }

  /**
   * @param node that speaks
   * @throws IllegalArgumentException if it says nothing that this program understands
   */
  static Statement statement(String node, Stated stated) {
    Statement.Says says =
        switch (stated.getSaysCase()) {
          case TOOK ->
              new Statement.Says.Took(
                  stated.getTook().getNextSequence(),
                  Math.toIntExact(stated.getTook().getDurablePatches()));
          case GAP -> new Statement.Says.Gap(stated.getGap());
          case DIGEST -> new Statement.Says.Holds(Digest.of(stated.getDigest().toByteArray()));
          case REFUSAL ->
              new Statement.Says.Refuses(
                  REJECTIONS.getOrDefault(stated.getRefusal().getReason(), Rejection.INVALID),
                  stated.getRefusal().getMessage());
          case SAYS_NOT_SET ->
              throw new IllegalArgumentException("%s states nothing: %s".formatted(node, stated));
        };
    return new Statement(
        CheckpointKey.of(stated.getImage(), stated.getCheckpoint()),
        new PeerLife(node, stated.getLife()),
        says);
  }

  static Statement.Says.Refuses refuses(Refusal refusal) {
    return new Statement.Says.Refuses(refusal.rejection(), String.valueOf(refusal.getMessage()));
  }
}
