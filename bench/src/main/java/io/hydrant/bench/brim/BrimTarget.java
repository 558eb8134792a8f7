package io.hydrant.bench.brim;

import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreProcess;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The servers whose disks are filled. */
public interface BrimTarget {
  /** Those that run by now. */
  List<StoreProcess> servers();

  /** A client of all of them. */
  StoreClient connect();

  /** The file system that only they use; empty: a larger one, of which they may take a part. */
  Optional<MemoryDisk> disk();

  /** SIGKILL to all, and a start from what is on their disks; waits until they serve. */
  void restart() throws IOException, InterruptedException;
}
