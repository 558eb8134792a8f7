/**
 * Reads checkpoint traces: series of checkpoints captured from real virtual machines
 * (docs/formats/trace.md). Input for demos, tests and measurements.
 */
@NullMarked
package io.hydrant.client.trace;

import org.jspecify.annotations.NullMarked;
