/** How the command speaks: tables, JSON, progress bars, sizes and durations. */
@NullMarked
package io.hydrant.cli.output;

import org.jspecify.annotations.NullMarked;
