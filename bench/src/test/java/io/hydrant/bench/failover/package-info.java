@NullMarked
package io.hydrant.bench.failover;

import org.jspecify.annotations.NullMarked;
