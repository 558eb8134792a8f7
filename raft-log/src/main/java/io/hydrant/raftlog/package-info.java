/**
 * Replication of small opaque commands: what a replicated state machine offers and what a log gives
 * it.
 */
@NullMarked
package io.hydrant.raftlog;

import org.jspecify.annotations.NullMarked;
