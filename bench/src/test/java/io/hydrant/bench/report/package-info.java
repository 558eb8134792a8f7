@NullMarked
package io.hydrant.bench.report;

import org.jspecify.annotations.NullMarked;
