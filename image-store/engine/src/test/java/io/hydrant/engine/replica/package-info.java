@NullMarked
package io.hydrant.engine.replica;

import org.jspecify.annotations.NullMarked;
