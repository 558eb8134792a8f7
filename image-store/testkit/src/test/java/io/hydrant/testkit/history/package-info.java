@NullMarked
package io.hydrant.testkit.history;

import org.jspecify.annotations.NullMarked;
