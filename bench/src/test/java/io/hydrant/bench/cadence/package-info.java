@NullMarked
package io.hydrant.bench.cadence;

import org.jspecify.annotations.NullMarked;
