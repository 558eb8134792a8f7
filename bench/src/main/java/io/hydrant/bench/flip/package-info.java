/** Bits that turn over on one replica's disk: what finds them, and what is served meanwhile. */
@NullMarked
package io.hydrant.bench.flip;

import org.jspecify.annotations.NullMarked;
