/** One class a scenario; each answers with the rows of its report. */
@NullMarked
package io.hydrant.bench.scenario;

import org.jspecify.annotations.NullMarked;
