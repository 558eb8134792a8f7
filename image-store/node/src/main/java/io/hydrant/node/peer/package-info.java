/** The data plane between the nodes of a group: staged bytes, statements on them, inventories. */
@NullMarked
package io.hydrant.node.peer;

import org.jspecify.annotations.NullMarked;
