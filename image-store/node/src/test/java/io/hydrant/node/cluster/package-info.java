/** Tests. */
@NullMarked
package io.hydrant.node.cluster;

import org.jspecify.annotations.NullMarked;
