/**
 * The comparator of a group's data plane: three processes that do with gRPC and a file what the
 * members of a group must do with every byte, and nothing else.
 */
@NullMarked
package io.hydrant.bench.fanout;

import org.jspecify.annotations.NullMarked;
