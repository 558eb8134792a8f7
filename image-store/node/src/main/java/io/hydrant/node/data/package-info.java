/** The data directory: its lock, its identity, its parts. */
@NullMarked
package io.hydrant.node.data;

import org.jspecify.annotations.NullMarked;
