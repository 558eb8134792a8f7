/** The way out: restore sessions, page fetches, prefetch. */
@NullMarked
package io.hydrant.node.restore;

import org.jspecify.annotations.NullMarked;
