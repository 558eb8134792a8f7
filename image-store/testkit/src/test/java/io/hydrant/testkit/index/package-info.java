@NullMarked
package io.hydrant.testkit.index;

import org.jspecify.annotations.NullMarked;
