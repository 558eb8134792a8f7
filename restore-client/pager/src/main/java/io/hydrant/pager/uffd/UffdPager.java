package io.hydrant.pager.uffd;

import io.hydrant.client.RestoreSession;
import io.hydrant.pager.LazyRestore;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the page faults of a process out of a restore session, each on the thread that hears of
 * it; several at once on as many threads.
 *
 * <p>A machine in this process must touch its memory from native code only: a Java thread that
 * waits for a page holds up every safepoint, and so the pager that is to bring it.
 */
public final class UffdPager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UffdPager.class);

  /** How soon an end is noticed. */
  private static final int WAIT_MILLIS = 100;

  private static final int FAULT_THREADS = 8;

  private final Userfault userfault;
  private final GuestMemory memory;
  private final List<Region> regions;
  private final UffdTarget target;
  private final LazyRestore lazy;
  private final FailurePolicy policy;
  private final ReentrantLock listening = new ReentrantLock();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicBoolean failed = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * Begins to answer.
   *
   * @param session stays the caller's, who closes it after this
   * @param userfault becomes the pager's
   * @param memory is registered with it
   */
  public UffdPager(
      RestoreSession session,
      Userfault userfault,
      GuestMemory memory,
      PagerOptions options,
      FailurePolicy policy) {
    this.userfault = userfault;
    this.memory = memory;
    this.regions = session.regions();
    this.policy = policy;
    int pageBytes = regions.getFirst().getPageBytes();
    if (regions.stream().anyMatch(region -> region.getPageBytes() != pageBytes)) {
      throw new IllegalArgumentException("regions of several page sizes cannot be paged");
    }
    this.target = new UffdTarget(userfault, memory, pageBytes);
    this.lazy = new LazyRestore(session, target, options);
    lazy.start();
    for (int i = 0; i < FAULT_THREADS; i++) {
      threads.add(Thread.ofPlatform().name("pager-fault-" + i).daemon().start(this::run));
    }
  }

  /** What it does so far, and when all is there. */
  public LazyRestore restore() {
    return lazy;
  }

  /**
   * One listens; who has heard something lets the next one listen, and answers himself, without a
   * hop (the leader and its followers of D. C. Schmidt et al., Pattern-Oriented Software
   * Architecture 2).
   */
  private void run() {
    while (!closed) {
      List<Userfault.Event> events;
      listening.lock();
      try {
        events = !closed && userfault.await(WAIT_MILLIS) ? target.read() : List.of();
      } catch (IOException | RuntimeException e) {
        fail(new PagerException("page faults cannot be heard any more: " + e.getMessage(), e));
        return;
      } finally {
        listening.unlock();
      }
      for (Userfault.Event event : events) {
        answer(event);
      }
    }
  }

  private void answer(Userfault.Event event) {
    try {
      switch (event) {
        case Userfault.Event.Fault(long address) -> answer(address);
        case Userfault.Event.Removed removed -> target.eachPage(removed, lazy::givenUp);
      }
    } catch (PagerException e) {
      fail(e);
    } catch (IOException | RuntimeException e) {
      fail(new PagerException("a page cannot be put into the machine: " + e.getMessage(), e));
    }
  }

  private void answer(long address) throws IOException {
    for (GuestMemory.Piece piece : memory.pieces()) {
      if (piece.contains(address)) {
        answer(piece, address);
        return;
      }
    }
    LOG.warn("a fault at 0x{}, which is no memory of the machine", Long.toHexString(address));
  }

  private void answer(GuestMemory.Piece piece, long address) throws IOException {
    long offset = piece.offset() + address - piece.address();
    long page = offset / regions.get(piece.region()).getPageBytes();
    lazy.touch(piece.region(), page);
    // A page with content is there by now, and stays. What is not is zero, or was given up.
    target.zero(piece.region(), page);
  }

  private void fail(PagerException why) {
    if (!closed && failed.compareAndSet(false, true)) {
      LOG.error("the machine is stopped: {}", why.getMessage());
      try {
        policy.stop(why);
      } catch (IOException | RuntimeException e) {
        LOG.error("the machine could not be stopped, and waits for ever", e);
      }
    }
  }

  /**
   * Ends answering, and closes the descriptor: from then on the kernel gives zeros for pages that
   * are not there. So either all are there ({@link LazyRestore#whole}), or the machine does not
   * run.
   */
  @Override
  public void close() {
    closed = true;
    lazy.close();
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    userfault.close();
  }
}
