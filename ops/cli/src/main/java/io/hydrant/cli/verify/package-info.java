/** Reads checkpoints back and finds every page that cannot be had. */
@NullMarked
package io.hydrant.cli.verify;

import org.jspecify.annotations.NullMarked;
