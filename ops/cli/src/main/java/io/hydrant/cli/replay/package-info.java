/** Traces of real checkpoints on their way into a store. */
@NullMarked
package io.hydrant.cli.replay;

import org.jspecify.annotations.NullMarked;
