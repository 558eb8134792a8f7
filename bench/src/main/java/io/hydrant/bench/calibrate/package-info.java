/** What this machine can do right now: disk, gRPC, memory and one core. */
@NullMarked
package io.hydrant.bench.calibrate;

import org.jspecify.annotations.NullMarked;
