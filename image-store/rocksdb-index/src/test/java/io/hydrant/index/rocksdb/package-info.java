@NullMarked
package io.hydrant.index.rocksdb;

import org.jspecify.annotations.NullMarked;
