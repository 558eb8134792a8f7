@NullMarked
package io.hydrant.client;

import org.jspecify.annotations.NullMarked;
