/** The engine's page index port on RocksDB: the only place that knows the library. */
@NullMarked
package io.hydrant.index.rocksdb;

import org.jspecify.annotations.NullMarked;
