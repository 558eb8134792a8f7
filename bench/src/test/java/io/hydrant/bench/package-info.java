@NullMarked
package io.hydrant.bench;

import org.jspecify.annotations.NullMarked;
