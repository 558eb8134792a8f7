package io.hydrant.bench.ratis;

import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/** What was written lately, by log index. Bounded by the client's window and who follows. */
final class DataCache {
  private final ConcurrentSkipListMap<Long, ByteString> entries = new ConcurrentSkipListMap<>();

  void put(long index, ByteString data) {
    entries.put(index, data);
  }

  @Nullable ByteString get(long index) {
    return entries.get(index);
  }

  void dropBelow(long index) {
    entries.headMap(index).clear();
  }
}
