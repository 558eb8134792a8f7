package io.hydrant.node.peer;

import com.google.protobuf.ByteString;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.node.damage.CopyWitnesses.Told;
import io.hydrant.node.damage.DamageRounds;
import io.hydrant.peer.v1.AskCopiesRequest;
import io.hydrant.peer.v1.Copies;
import io.hydrant.peer.v1.PageVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who has good bytes of what, to and from the wire. */
final class CopyMessages {
  private static final byte GOOD = 1;
  private static final byte NONE = 2;
  private static final byte UNKNOWN = 3;
  private static final byte UNREADABLE = 4;

  private CopyMessages() {}

  static AskCopiesRequest request(List<StoredVersion> asked, Optional<StoredVersion> after) {
    AskCopiesRequest.Builder request = AskCopiesRequest.newBuilder().addAllAsked(versions(asked));
    after.ifPresent(one -> request.setAfter(versions(List.of(one)).getFirst()));
    return request.build();
  }

  /**
   * @throws IllegalArgumentException if it makes no sense
   */
  static List<StoredVersion> asked(AskCopiesRequest request) {
    return versionsOf(request.getAskedList());
  }

  /**
   * @throws IllegalArgumentException if it makes no sense
   */
  static Optional<StoredVersion> after(AskCopiesRequest request) {
    return request.hasAfter()
        ? versionsOf(List.of(request.getAfter())).stream().findFirst()
        : Optional.empty();
  }

  static Copies copies(PeerLife self, List<Answer> answers, List<StoredVersion> bad) {
    byte[] bytes = new byte[answers.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] =
          switch (answers.get(i)) {
            case GOOD -> GOOD;
            case NONE -> NONE;
            case UNKNOWN -> UNKNOWN;
            case UNREADABLE -> UNREADABLE;
          };
    }
    return Copies.newBuilder()
        .setNode(self.node())
        .setLife(self.life())
        .setAnswer(ByteString.copyFrom(bytes))
        .addAllBad(versions(bad))
        .build();
  }

  /**
   * @param node who was asked
   * @param asked number of versions
   * @throws IllegalArgumentException if it makes no sense, or somebody else answered
   */
  static Told told(String node, int asked, Copies copies) {
    if (!copies.getNode().equals(node)) {
      throw new IllegalArgumentException("%s answers instead".formatted(copies.getNode()));
    }
    if (copies.getAnswer().size() > asked) {
      throw new IllegalArgumentException(
          "%d answers to %d versions".formatted(copies.getAnswer().size(), asked));
    }
    List<Answer> answers = new ArrayList<>(asked);
    for (byte answer : copies.getAnswer().toByteArray()) {
      answers.add(
          switch (answer) {
            case GOOD -> Answer.GOOD;
            case NONE -> Answer.NONE;
            case UNREADABLE -> Answer.UNREADABLE;
            default -> Answer.UNKNOWN;
          });
    }
    return new Told(new PeerLife(node, copies.getLife()), answers, versionsOf(copies.getBadList()));
  }

  /** Neighbours of one tract and checkpoint together. */
  private static List<PageVersions> versions(List<StoredVersion> versions) {
    List<PageVersions> messages = new ArrayList<>();
    int from = 0;
    while (from < versions.size()) {
      StoredVersion first = versions.get(from);
      PageVersions.Builder message =
          PageVersions.newBuilder()
              .setImage(first.tract().image().value())
              .setRegion(first.tract().region())
              .setTract(first.tract().tract())
              .setCheckpoint(first.checkpoint().value());
      while (from < versions.size()
          && versions.get(from).tract().equals(first.tract())
          && versions.get(from).checkpoint().equals(first.checkpoint())) {
        message.addPage(versions.get(from++).page());
      }
      messages.add(message.build());
    }
    return messages;
  }

  private static List<StoredVersion> versionsOf(List<PageVersions> messages) {
    List<StoredVersion> versions = new ArrayList<>();
    for (PageVersions message : messages) {
      if (message.getRegion() < 0
          || message.getRegion() >= RegionTable.REGIONS_MAX
          || message.getTract() < 0
          || message.getTract() >= RegionTable.TRACTS_MAX
          || versions.size() + message.getPageCount() > DamageRounds.VERSIONS_MAX) {
        throw new IllegalArgumentException("no such pages, or too many of them");
      }
      TractKey tract =
          new TractKey(new ImageId(message.getImage()), message.getRegion(), message.getTract());
      for (int page : message.getPageList()) {
        if (page < 0 || page >= TractMap.PAGES_MAX) {
          throw new IllegalArgumentException("no tract has a page " + page);
        }
        versions.add(StoredVersion.of(tract, message.getCheckpoint(), page));
      }
    }
    return versions;
  }
}
