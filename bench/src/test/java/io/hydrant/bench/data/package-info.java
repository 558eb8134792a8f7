@NullMarked
package io.hydrant.bench.data;

import org.jspecify.annotations.NullMarked;
