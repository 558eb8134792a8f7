/** Recorded page faults, asked again of a restored image. */
@NullMarked
package io.hydrant.bench.restore;

import org.jspecify.annotations.NullMarked;
