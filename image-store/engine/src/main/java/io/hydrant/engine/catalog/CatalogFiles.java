package io.hydrant.engine.catalog;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The catalog's snapshot files in one directory; layout in docs/formats/catalog.md. The segments
 * cannot rebuild the catalog (PROTOCOL R15), so a file comes to be whole or not at all: it is
 * written under a temporary name, synced, renamed, and the directory synced.
 *
 * <p>A Raft snapshot is segments synced, then this file written, then the index flushed with the
 * same position; until that flush is durable, a restart needs the file before. Hence the caller
 * names the position that its index holds, and that file stays as well: two are kept. "The newest
 * two" would not do: after two snapshots that failed at the flush, both would be files that no
 * index points to.
 *
 * <p>One thread at a time.
 */
public final class CatalogFiles {
  private static final String SUFFIX = ".hyd";
  private static final String TEMPORARY_SUFFIX = ".tmp";
  private static final Pattern NAME = Pattern.compile("catalog-([0-9]{20})\\.hyd");
  private static final Pattern LEFTOVER = Pattern.compile("catalog-[0-9]{20}\\.hyd\\.tmp");

  private final StoreFiles files;
  private final StoreIdentity identity;

  /**
   * @param files their directory
   * @param identity whose catalogs they are
   */
  public CatalogFiles(StoreFiles files, StoreIdentity identity) {
    this.files = files;
    this.identity = identity;
  }

  /**
   * Writes the file of a position durably; replaces one of the same index. Then deletes all other
   * files but that of {@code inUse}, and leftovers of writes that a crash cut off.
   *
   * @param catalog what {@link Catalog#encode} gave
   * @param position the last entry applied to it
   * @param inUse position that the index holds durably, {@link EntryPosition#NONE} if none: its
   *     file stays
   * @throws io.hydrant.engine.files.DiskFullException if space ran out; older files are as they
   *     were
   */
  public void write(byte[] catalog, EntryPosition position, EntryPosition inUse)
      throws IOException {
    String name = nameOf(position.index());
    String temporary = name + TEMPORARY_SUFFIX;
    if (files.list().contains(temporary)) {
      files.delete(temporary);
    }
    try (StoreFile file = files.create(temporary)) {
      ByteBuffer header = ByteBuffer.wrap(CatalogFileHeader.of(catalog, position, identity));
      file.write(0, header);
      file.write(CatalogFileHeader.BYTES, ByteBuffer.wrap(catalog));
      file.sync();
    }
    files.rename(temporary, name);
    files.syncDirectory();
    deleteOthers(name, nameOf(inUse.index()));
  }

  /**
   * The catalog as of exactly this position; empty if there is no file of this index.
   *
   * @throws CorruptionException if the file is not what was written
   * @throws io.hydrant.engine.files.UnsupportedFormatException if it is of a format out of range
   * @throws io.hydrant.engine.files.WrongIdentityException if it is another store's
   */
  public Optional<Catalog> read(EntryPosition position) throws IOException {
    String name = nameOf(position.index());
    try (StoreFile file = files.open(name)) {
      CatalogFileHeader header = CatalogFileHeader.read(file);
      header.checkIdentity(identity);
      header.checkPosition(position);
      return Optional.of(decoded(file, header.payload(file), position));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Log indexes of the files that are here, ascending. */
  public List<Long> list() throws IOException {
    List<Long> indexes = new ArrayList<>();
    for (String name : files.list()) {
      Matcher matcher = NAME.matcher(name);
      if (matcher.matches()) {
        try {
          indexes.add(Long.parseLong(matcher.group(1)));
        } catch (NumberFormatException e) {
          continue; // 20 digits above the range of an index: no file of ours
        }
      }
    }
    return indexes;
  }

  private void deleteOthers(String newest, String inUse) throws IOException {
    for (String name : files.list()) {
      boolean ours = NAME.matcher(name).matches() || LEFTOVER.matcher(name).matches();
      if (ours && !name.equals(newest) && !name.equals(inUse)) {
        files.delete(name);
      }
    }
  }

  private static Catalog decoded(StoreFile file, byte[] payload, EntryPosition position)
      throws CorruptionException {
    try {
      Catalog catalog = Catalog.decode(payload);
      if (catalog.applied().equals(position)) {
        return catalog;
      }
      throw new CorruptionException(
          file.path(),
          CatalogFileHeader.BYTES,
          "a catalog at " + position,
          "one at " + catalog.applied());
    } catch (MalformedCatalogException e) {
      CorruptionException corruption =
          new CorruptionException(
              file.path(),
              CatalogFileHeader.BYTES,
              "an encoded catalog",
              String.valueOf(e.getMessage()));
      corruption.initCause(e);
      throw corruption;
    }
  }

  private static String nameOf(long index) {
    return "catalog-%020d%s".formatted(index, SUFFIX);
  }
}
