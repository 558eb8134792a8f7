/** Tests. */
@NullMarked
package io.hydrant.node.ingest;

import org.jspecify.annotations.NullMarked;
