/** The network between the servers, which can be cut. */
@NullMarked
package io.hydrant.chaos.link;

import org.jspecify.annotations.NullMarked;
