package io.hydrant.bench.brim;

import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreProcess;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A group, all of whose disks are as small. */
public record GroupOfThree(StoreGroup group) implements BrimTarget {
  @Override
  public List<StoreProcess> servers() {
    return IntStream.range(0, StoreGroup.MEMBERS).mapToObj(group::process).toList();
  }

  @Override
  public StoreClient connect() {
    return StoreClient.connect(group);
  }

  @Override
  public Optional<MemoryDisk> disk() {
    return Optional.empty();
  }

  @Override
  public void restart() throws IOException, InterruptedException {
    for (int member = 0; member < StoreGroup.MEMBERS; member++) {
      group.kill(member);
    }
    for (int member = 0; member < StoreGroup.MEMBERS; member++) {
      group.launch(member);
    }
    for (int member = 0; member < StoreGroup.MEMBERS; member++) {
      group.process(member).awaitReady();
    }
    group.awaitCalm();
  }
}
