/** Where the replicated log meets the image store. */
@NullMarked
package io.hydrant.node.replication;

import org.jspecify.annotations.NullMarked;
