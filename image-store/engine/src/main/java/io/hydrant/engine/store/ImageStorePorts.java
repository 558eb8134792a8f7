package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CatalogRules;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.index.PageIndex;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Everything an {@link ImageStore} touches outside itself.
 *
 * @param segments directory of the segment files
 * @param catalogs directory of the catalog's snapshot files
 * @param index the page index; the store closes it
 * @param codec decodes compressed pages
 * @param random for segment lives
 * @param syncer runs group syncs, one at a time; may run them in the caller
 * @param snapshots runs snapshot writes, one at a time; may run them in the caller
 * @param publisher merges what became durable after its commit was applied, one at a time; must not
 *     run it in the caller, who may be in the middle of a change
 * @param alone whether this replica is the only one of its group, so that nobody else can have what
 *     it lacks; asked again whenever it matters, since members come and go
 * @param rules what the catalog checks at apply
 * @param events hears what happens
 */
public record ImageStorePorts(
    StoreFiles segments,
    StoreFiles catalogs,
    PageIndex index,
    PageCodec codec,
    RandomGenerator random,
    Executor syncer,
    Executor snapshots,
    Executor publisher,
    BooleanSupplier alone,
    CatalogRules rules,
    StoreEvents events) {

  /** With the protocol's rules. */
  public ImageStorePorts(
      StoreFiles segments,
      StoreFiles catalogs,
      PageIndex index,
      PageCodec codec,
      RandomGenerator random,
      Executor syncer,
      Executor snapshots,
      Executor publisher,
      BooleanSupplier alone,
      StoreEvents events) {
    this(
        segments,
        catalogs,
        index,
        codec,
        random,
        syncer,
        snapshots,
        publisher,
        alone,
        CatalogRules.PROTOCOL,
        events);
  }
}
