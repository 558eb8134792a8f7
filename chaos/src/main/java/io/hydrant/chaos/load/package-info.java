/** Clients that write, read and look, and write down what they were told. */
@NullMarked
package io.hydrant.chaos.load;

import org.jspecify.annotations.NullMarked;
