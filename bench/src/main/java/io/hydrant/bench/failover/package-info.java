/** Load that goes on while members of a group are killed, and what it notices. */
@NullMarked
package io.hydrant.bench.failover;

import org.jspecify.annotations.NullMarked;
