/** When space is reclaimed, and how fast. */
@NullMarked
package io.hydrant.node.cleaning;

import org.jspecify.annotations.NullMarked;
