@NullMarked
package io.hydrant.bench.bare;

import org.jspecify.annotations.NullMarked;
