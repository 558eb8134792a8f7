/** Tests of the server as its clients see it. */
@NullMarked
package io.hydrant.node;

import org.jspecify.annotations.NullMarked;
