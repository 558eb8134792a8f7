/** Tests. */
@NullMarked
package io.hydrant.node.restore;

import org.jspecify.annotations.NullMarked;
