@NullMarked
package io.hydrant.bench.scenario;

import org.jspecify.annotations.NullMarked;
