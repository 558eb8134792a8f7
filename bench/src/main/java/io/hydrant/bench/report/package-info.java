/** A run's report as a table for people and as a JSON line for machines. */
@NullMarked
package io.hydrant.bench.report;

import org.jspecify.annotations.NullMarked;
