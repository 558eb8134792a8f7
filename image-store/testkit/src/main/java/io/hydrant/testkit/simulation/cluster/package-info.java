/**
 * A simulated cluster: real stores on simulated disks, the log as an abstract machine, a network
 * that cuts, delays and repeats, and clients that go on whatever happens; all from one seed.
 */
@NullMarked
package io.hydrant.testkit.simulation.cluster;

import org.jspecify.annotations.NullMarked;
