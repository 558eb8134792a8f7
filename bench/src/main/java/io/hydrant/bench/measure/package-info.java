/** Statistics of a run: latencies, series of rounds, alternation, bars. Pure: no I/O, no clock. */
@NullMarked
package io.hydrant.bench.measure;

import org.jspecify.annotations.NullMarked;
