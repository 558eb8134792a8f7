@NullMarked
package io.hydrant.engine.index;

import org.jspecify.annotations.NullMarked;
