/** Replaying traces into a server that is killed again and again, and the books that judge it. */
@NullMarked
package io.hydrant.bench.kill;

import org.jspecify.annotations.NullMarked;
