/** When and how fast this server verifies what it has on its disk. */
@NullMarked
package io.hydrant.node.scrub;

import org.jspecify.annotations.NullMarked;
