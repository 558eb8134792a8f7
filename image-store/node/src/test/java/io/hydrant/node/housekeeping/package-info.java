/** Tests. */
@NullMarked
package io.hydrant.node.housekeeping;

import org.jspecify.annotations.NullMarked;
