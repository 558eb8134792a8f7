@NullMarked
package io.hydrant.node.peer;

import org.jspecify.annotations.NullMarked;
