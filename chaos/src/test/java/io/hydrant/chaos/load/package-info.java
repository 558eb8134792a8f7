@NullMarked
package io.hydrant.chaos.load;

import org.jspecify.annotations.NullMarked;
