/**
 * How a node becomes and stays one of several: handshake, initialisation, who belongs to the group
 * and how it does.
 */
@NullMarked
package io.hydrant.node.cluster;

import org.jspecify.annotations.NullMarked;
