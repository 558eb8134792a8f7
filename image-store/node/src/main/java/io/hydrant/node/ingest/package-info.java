/** The way in: streams that write checkpoints. */
@NullMarked
package io.hydrant.node.ingest;

import org.jspecify.annotations.NullMarked;
