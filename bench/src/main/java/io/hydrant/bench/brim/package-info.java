/**
 * A disk that is filled to the brim under load: what is refused, what is lost, what brings it back.
 */
@NullMarked
package io.hydrant.bench.brim;

import org.jspecify.annotations.NullMarked;
