package io.hydrant.node.api;

import io.hydrant.engine.catalog.Outcome;
import io.hydrant.v1.OpenRestoreResponse;

/** The restore sessions that take-overs open, as {@link ImageService} needs them. */
public interface TakeOverSessions {
  /**
   * To be asked before a take-over that restores is proposed.
   *
   * @throws ApiException if this server has as many sessions as it allows
   */
  void requireRoom();

  /** The answer for a session whose entry was applied here. */
  OpenRestoreResponse opened(Outcome.Pinned pinned);
}
