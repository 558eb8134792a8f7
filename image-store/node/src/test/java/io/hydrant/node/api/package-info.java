/** Tests. */
@NullMarked
package io.hydrant.node.api;

import org.jspecify.annotations.NullMarked;
