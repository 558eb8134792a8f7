/** A page index in memory that can crash, and the contract that every page index must keep. */
@NullMarked
package io.hydrant.testkit.index;

import org.jspecify.annotations.NullMarked;
