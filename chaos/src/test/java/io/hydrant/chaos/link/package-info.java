@NullMarked
package io.hydrant.chaos.link;

import org.jspecify.annotations.NullMarked;
