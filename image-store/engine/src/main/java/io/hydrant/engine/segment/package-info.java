/** The segment log: append-only files of patches, group fsync, recovery, recycling. */
@NullMarked
package io.hydrant.engine.segment;

import org.jspecify.annotations.NullMarked;
