package io.hydrant.node.restore;

import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SlimReader;

/** What restores need of the image store; the duties are those of {@code ImageStore}. */
public interface Reading {
  /** What a session reads. */
  ReadPoint readPoint(SessionId session) throws Refusal;

  PageReader pages();

  SlimReader slim();
}
