/** Three server processes, their addresses and what they say of themselves. */
@NullMarked
package io.hydrant.chaos.group;

import org.jspecify.annotations.NullMarked;
