/** Tests. */
@NullMarked
package io.hydrant.node.data;

import org.jspecify.annotations.NullMarked;
