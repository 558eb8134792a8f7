@NullMarked
package io.hydrant.bench.process;

import org.jspecify.annotations.NullMarked;
