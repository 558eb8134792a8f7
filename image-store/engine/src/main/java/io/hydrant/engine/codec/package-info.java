/** The port to compression: how encoded page bytes become pages again. */
@NullMarked
package io.hydrant.engine.codec;

import org.jspecify.annotations.NullMarked;
