package io.hydrant.testkit.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** The names of one directory: as seen, as durable, and the changes in between, in order. */
final class Directory {
  private final Map<String, Inode> names = new TreeMap<>();
  private final Map<String, Inode> durable = new TreeMap<>();
  private final List<Change> unsynced = new ArrayList<>();

  private sealed interface Change {
    record Create(String name, Inode inode) implements Change {}

    record Rename(String from, String to) implements Change {}

    record Delete(String name) implements Change {}
  }

  Map<String, Inode> names() {
    return names;
  }

  /** Files that are reachable now or may be after a power cut. */
  Iterable<Inode> inodes() {
    List<Inode> all = new ArrayList<>(names.values());
    for (Inode inode : durable.values()) {
      if (!all.contains(inode)) {
        all.add(inode);
      }
    }
    return all;
  }

  void create(String name, Inode inode) {
    change(new Change.Create(name, inode));
  }

  void rename(String from, String to) {
    change(new Change.Rename(from, to));
  }

  void delete(String name) {
    change(new Change.Delete(name));
  }

  private void change(Change change) {
    apply(change, names);
    unsynced.add(change);
  }

  private static void apply(Change change, Map<String, Inode> target) {
    switch (change) {
      case Change.Create create -> target.put(create.name(), create.inode());
      case Change.Rename rename -> {
        Inode inode = target.remove(rename.from());
        if (inode == null) {
          throw new IllegalStateException("no file to rename: " + rename.from());
        }
        target.put(rename.to(), inode);
      }
      case Change.Delete delete -> target.remove(delete.name());
    }
  }

  void sync() {
    unsynced.forEach(change -> apply(change, durable));
    unsynced.clear();
  }

  /** Power cut: a prefix of the changes has happened. */
  void crash(RandomGenerator random) {
    int kept = random.nextInt(unsynced.size() + 1);
    unsynced.subList(0, kept).forEach(change -> apply(change, durable));
    unsynced.clear();
    names.clear();
    names.putAll(durable);
  }

  /** Whether a power cut would change nothing here. */
  boolean isClean() {
    return unsynced.isEmpty();
  }
}
