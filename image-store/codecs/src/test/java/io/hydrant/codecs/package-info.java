@NullMarked
package io.hydrant.codecs;

import org.jspecify.annotations.NullMarked;
