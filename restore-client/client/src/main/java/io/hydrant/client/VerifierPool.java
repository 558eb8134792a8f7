package io.hydrant.client;

import java.util.ArrayDeque;

/** Verifiers of one session: as many as are in use at once, some kept for the next use. */
final class VerifierPool implements AutoCloseable {
  /** Each holds about 160 KiB of native memory. */
  private static final int KEPT_MAX = 16;

  private final ArrayDeque<PageVerifier> kept = new ArrayDeque<>();
  private boolean closed;

  synchronized PageVerifier take() {
    PageVerifier verifier = kept.poll();
    return verifier == null ? new PageVerifier() : verifier;
  }

  synchronized void giveBack(PageVerifier verifier) {
    if (closed || kept.size() >= KEPT_MAX) {
      verifier.close();
    } else {
      kept.push(verifier);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    kept.forEach(PageVerifier::close);
    kept.clear();
  }
}
