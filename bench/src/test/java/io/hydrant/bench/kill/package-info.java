@NullMarked
package io.hydrant.bench.kill;

import org.jspecify.annotations.NullMarked;
