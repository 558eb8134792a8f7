package io.hydrant.pager.uffd;

import io.hydrant.client.RestoreSession;
import io.hydrant.pager.LazyRestore;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  private final Queue<Userfault.Event> backlog = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicBoolean failed = new AtomicBoolean();
  private volatile boolean stopped;
  private volatile boolean closed;
  private volatile boolean ended;

  /**
   * Begins to answer, of a machine whose memory holds nothing yet.
   *
   * @param session stays the caller's, who closes it after this
   * @param userfault becomes the pager's
   * @param memory is registered with it
   * @throws IllegalArgumentException if the memory does not fit the image; the descriptor stays the
   *     caller's, who must stop the machine before closing it
   */
  public UffdPager(
      RestoreSession session,
      Userfault userfault,
      GuestMemory memory,
      PagerOptions options,
      FailurePolicy policy) {
    this(session, userfault, memory, PageRecord.ofThisProcess(session.regions()), options, policy);
  }

  /**
   * Begins to answer where another pager was killed, or so that another one can if this one is.
   *
   * @param record stays the caller's; what it says already holds
   * @throws IllegalArgumentException as above
   * @throws UncheckedIOException if the machine's memory cannot be reached; the same holds
   */
  public UffdPager(
      RestoreSession session,
      Userfault userfault,
      GuestMemory memory,
      PageRecord record,
      PagerOptions options,
      FailurePolicy policy) {
    this.memory = memory;
    this.regions = session.regions();
    this.policy = policy;
    this.userfault = userfault;
    memory.pieces().forEach(this::check);
    this.target = new UffdTarget(userfault, memory, record, pageBytes(), this::hear);
    target.begin();
    this.lazy = new LazyRestore(session, target, options);
    lazy.start();
    for (int i = 0; i < FAULT_THREADS; i++) {
      threads.add(Thread.ofPlatform().name("pager-fault-" + i).daemon().start(this::run));
    }
  }

  private int pageBytes() {
    return regions.getFirst().getPageBytes();
  }

  private void check(GuestMemory.Piece piece) {
    if (piece.region() < 0 || piece.region() >= regions.size()) {
      throw new IllegalArgumentException(
          "the image has %d regions, none of number %d".formatted(regions.size(), piece.region()));
    }
    Region region = regions.get(piece.region());
    if (piece.offset() < 0
        || piece.offset() > region.getLengthBytes()
        || piece.bytes() > region.getLengthBytes() - piece.offset()) {
      throw new IllegalArgumentException(
          "%d bytes from %d on are not within region '%s' of %d bytes"
              .formatted(piece.bytes(), piece.offset(), region.getName(), region.getLengthBytes()));
    }
    if (region.getPageBytes() != pageBytes() || piece.pageBytes() != pageBytes()) {
      throw new IllegalArgumentException(
          "region '%s' has pages of %d bytes, the machine's memory of %d: both, and all regions, must have the same; protect the machine with regions of its page size"
              .formatted(region.getName(), region.getPageBytes(), piece.pageBytes()));
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
      Userfault.Event late = backlog.poll();
      if (late != null) {
        answer(late);
        continue;
      }
      Optional<Userfault.Event> event;
      listening.lock();
      try {
        event = !closed && userfault.await(WAIT_MILLIS) ? target.read() : Optional.empty();
      } catch (IOException | RuntimeException e) {
        fail(new PagerException("page faults cannot be heard any more: " + e.getMessage(), e));
        return;
      } finally {
        listening.unlock();
      }
      event.ifPresent(this::answer);
    }
  }

  /**
   * All may be busy putting pages that cannot be put before an event is read: then it is read by
   * one of them, and a fault that comes with it is answered by the next who is free.
   */
  private void hear() {
    if (closed || !listening.tryLock()) {
      return;
    }
    try {
      switch (target.read().orElse(null)) {
        case Userfault.Event.Fault fault -> backlog.add(fault);
        case Userfault.Event.Removed removed -> target.eachPage(removed, lazy::givenUp);
        case null -> {} // somebody else has read it
      }
    } catch (IOException e) {
      fail(new PagerException("page faults cannot be heard any more: " + e.getMessage(), e));
    } finally {
      listening.unlock();
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
    } catch (Throwable e) { // an Error as well: whoever waits must not wait for ever
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
    throw new IOException("nobody said what lies at 0x" + Long.toHexString(address));
  }

  private void answer(GuestMemory.Piece piece, long address) throws IOException {
    long offset = piece.offset() + address - piece.address();
    long page = offset / regions.get(piece.region()).getPageBytes();
    lazy.touch(piece.region(), page);
    // A page with content is there by now, and stays. What is not is zero, or was given up.
    target.zero(piece.region(), page);
  }

  /** The machine's process is gone: nobody is to be stopped any more. */
  public void machineEnded() {
    ended = true;
  }

  /** A process that gives pages up waits until that is read, also when nobody needs to know. */
  private void hearLast() {
    try {
      while (userfault.await(0) && target.read().isPresent()) {
        // all of them
      }
    } catch (IOException e) {
      LOG.debug("the last events could not be read: {}", e.getMessage());
    }
  }

  private boolean released() {
    PagerStats stats = lazy.stats();
    if (stats.present() < stats.pages()) {
      return false;
    }
    ended = true; // who answers a fault just now finds nothing registered: that is no failure
    try {
      target.release();
      return true;
    } catch (IOException e) {
      ended = false;
      LOG.warn("the machine cannot be let go of, though all pages are there: {}", e.getMessage());
      return false;
    }
  }

  private PagerException ends() {
    PagerStats stats = lazy.stats();
    return new PagerException(
        "the pager ends, and %d pages are not there".formatted(stats.pages() - stats.present()),
        null);
  }

  private void fail(PagerException why) {
    if (!closed && !ended) {
      stop(why);
    }
  }

  /** Whether the machine was stopped, now or before. */
  private boolean stop(PagerException why) {
    if (!failed.compareAndSet(false, true)) {
      return stopped;
    }
    LOG.error("the machine is stopped: {}", why.getMessage());
    try {
      policy.stop(why);
      stopped = true;
    } catch (IOException | RuntimeException e) {
      LOG.error("the machine could not be stopped, and waits for ever", e);
    }
    return stopped;
  }

  /**
   * Ends answering. If all pages are there ({@link LazyRestore#whole}) the machine goes on without
   * a pager. Without the descriptor the kernel gives zeros for pages that are not there: so else it
   * is stopped by its policy first, and if that fails the descriptor stays open.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    boolean safe = ended || released() || stop(ends());
    closed = true;
    lazy.close();
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    hearLast();
    if (safe) {
      target.close();
    }
  }
}
