@NullMarked
package io.hydrant.client.trace;

import org.jspecify.annotations.NullMarked;
