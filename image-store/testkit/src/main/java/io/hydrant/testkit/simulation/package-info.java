/**
 * A whole store on simulated files with a simulated replicated log, and the plain model it is held
 * against.
 */
@NullMarked
package io.hydrant.testkit.simulation;

import org.jspecify.annotations.NullMarked;
