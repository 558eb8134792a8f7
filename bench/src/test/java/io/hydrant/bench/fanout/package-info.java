@NullMarked
package io.hydrant.bench.fanout;

import org.jspecify.annotations.NullMarked;
