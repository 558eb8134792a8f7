package io.hydrant.engine.index;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An index in memory whose gets can be held up. */
public final class PlainIndex implements PageIndex {
  private volatile TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
  private volatile Runnable afterGet = () -> {};
  final AtomicLong gets = new AtomicLong();

  /** Runs after a get has seen its value and before it returns. */
  public void afterGet(Runnable action) {
    afterGet = action;
  }

  int size() {
    return rows.size();
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    gets.incrementAndGet();
    byte[] value = rows.get(key);
    afterGet.run();
    return value;
  }

  @Override
  public void scan(byte[] prefix, Visitor visitor) throws IOException {
    for (Map.Entry<byte[], byte[]> row : rows.tailMap(prefix, true).entrySet()) {
      if (!startsWith(row.getKey(), prefix) || !visitor.row(row.getKey(), row.getValue())) {
        return;
      }
    }
  }

  @Override
  public void flush(List<Change> changes) {
    TreeMap<byte[], byte[]> next = new TreeMap<>(rows);
    for (Change change : changes) {
      switch (change) {
        case Change.Put(byte[] key, byte[] value) -> next.put(key, value);
        case Change.Delete(byte[] key) -> next.remove(key);
        case Change.DeletePrefix(byte[] prefix) ->
            next.keySet().removeIf(key -> startsWith(key, prefix));
      }
    }
    rows = next;
  }

  @Override
  public void close() {}

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
