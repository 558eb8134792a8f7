@NullMarked
package io.hydrant.bench.measure;

import org.jspecify.annotations.NullMarked;
