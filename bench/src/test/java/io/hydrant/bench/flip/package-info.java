@NullMarked
package io.hydrant.bench.flip;

import org.jspecify.annotations.NullMarked;
