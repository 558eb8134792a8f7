/** Tests. */
@NullMarked
package io.hydrant.node.damage;

import org.jspecify.annotations.NullMarked;
