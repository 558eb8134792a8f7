/** Page maps: where each page's versions lie; their cache and their store. */
@NullMarked
package io.hydrant.engine.index;

import org.jspecify.annotations.NullMarked;
