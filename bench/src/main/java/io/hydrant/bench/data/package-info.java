/** Page content and page choices, made from a seed ahead of the measurement. */
@NullMarked
package io.hydrant.bench.data;

import org.jspecify.annotations.NullMarked;
