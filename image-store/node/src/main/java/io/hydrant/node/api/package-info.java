/** The edge to gRPC: services, errors, executors. */
@NullMarked
package io.hydrant.node.api;

import org.jspecify.annotations.NullMarked;
