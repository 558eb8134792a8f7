/** Macro benchmarks: calibration, bare comparators and the scenarios behind the bars. */
@NullMarked
package io.hydrant.bench;

import org.jspecify.annotations.NullMarked;
