/** Raft as an abstract machine, for simulations: no threads, no time, no messages. */
@NullMarked
package io.hydrant.testkit.raft;

import org.jspecify.annotations.NullMarked;
