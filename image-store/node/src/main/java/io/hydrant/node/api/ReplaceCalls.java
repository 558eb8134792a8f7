package io.hydrant.node.api;

import io.hydrant.node.cluster.Introduction;
import io.hydrant.node.cluster.Joining;
import io.hydrant.node.cluster.Replacement;
import io.hydrant.node.cluster.ReplacementException;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ReplaceStage;
import java.util.Optional;

/** ReplaceMember: repeated by whoever waits for it. */
final class ReplaceCalls {
  private final Joining joining;

  ReplaceCalls(Joining joining) {
    this.joining = joining;
  }

  /** May wait for other nodes. */
  ReplaceMemberResponse replace(ReplaceMemberRequest request)
      throws NotLeadingException, InterruptedException {
    joining.requireLeading();
    try {
      if (request.getWithPeerAddress().isEmpty()) {
        joining.cancel(request.getDead());
        return ReplaceMemberResponse.newBuilder().setStage(ReplaceStage.REPLACE_STAGE_DONE).build();
      }
      Replacement.Progress progress =
          joining.replace(
              Optional.of(request.getDead()).filter(dead -> !dead.isEmpty()),
              request.getWithPeerAddress());
      return ReplaceMemberResponse.newBuilder()
          .setStage(stage(progress))
          .setJoiner(Introduction.message(progress.joiner()))
          .setBytesDone(progress.bytesDone())
          .setBytesTotal(progress.bytesTotal())
          .setWaitingFor(progress.waitingFor())
          .build();
    } catch (ReplacementException e) {
      throw new ApiException(e.reason(), String.valueOf(e.getMessage()));
    }
  }

  private static ReplaceStage stage(Replacement.Progress progress) {
    return switch (progress.phase()) {
      case ADOPTED -> ReplaceStage.REPLACE_STAGE_JOINING;
      case LISTENING, FEEDING -> ReplaceStage.REPLACE_STAGE_COPYING;
      case BARRIER, PROPOSING -> ReplaceStage.REPLACE_STAGE_PROMOTING;
      case DONE -> ReplaceStage.REPLACE_STAGE_DONE;
      case ABANDONED ->
          throw new ApiException(
              Reason.REASON_ABORTED,
              progress.waitingFor().isEmpty() ? "it was abandoned" : progress.waitingFor());
    };
  }
}
