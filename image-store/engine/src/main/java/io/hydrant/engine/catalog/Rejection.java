package io.hydrant.engine.catalog;

/** Why a command, a staged record or a read was refused: deterministic values, part of the API. */
public enum Rejection {
  INVALID,
  LIMIT_EXCEEDED,
  UNKNOWN_IMAGE,
  UNKNOWN_CHECKPOINT,
  UNKNOWN_SESSION,
  NAME_TAKEN,
  NOT_COMMITTED,
  RETIRED,
  STALE_EPOCH,
  WRONG_BASE,
  SEND_FULL,
  TOO_MANY_OPEN,
  ABORTED,
  DUPLICATE_PAGE,
  BAD_CHECKSUM,
  DIGEST_MISMATCH,
  INCOMPLETE,
  DISK_FULL,
  DAMAGED,
  NOT_HERE,
  BEHIND,
  PINNED,
  OVERLOADED,
  NO_MAJORITY,
  QUOTA_EXCEEDED
}
