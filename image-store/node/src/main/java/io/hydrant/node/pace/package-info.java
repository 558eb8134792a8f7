/** How fast work of a low class goes on. */
@NullMarked
package io.hydrant.node.pace;

import org.jspecify.annotations.NullMarked;
