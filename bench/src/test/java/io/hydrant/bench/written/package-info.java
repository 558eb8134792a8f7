@NullMarked
package io.hydrant.bench.written;

import org.jspecify.annotations.NullMarked;
