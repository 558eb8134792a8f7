/** Checkpoints that are due at fixed moments, whether or not the ones before were acknowledged. */
@NullMarked
package io.hydrant.bench.cadence;

import org.jspecify.annotations.NullMarked;
