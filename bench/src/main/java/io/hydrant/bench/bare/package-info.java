/** The bare comparators: gRPC and a file, without a store between them. */
@NullMarked
package io.hydrant.bench.bare;

import org.jspecify.annotations.NullMarked;
