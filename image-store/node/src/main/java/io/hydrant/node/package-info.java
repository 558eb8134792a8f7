/** The server process: starting, wiring, stopping. */
@NullMarked
package io.hydrant.node;

import org.jspecify.annotations.NullMarked;
