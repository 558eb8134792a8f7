@NullMarked
package io.hydrant.chaos;

import org.jspecify.annotations.NullMarked;
