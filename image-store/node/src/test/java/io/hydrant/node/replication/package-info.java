/** Tests. */
@NullMarked
package io.hydrant.node.replication;

import org.jspecify.annotations.NullMarked;
