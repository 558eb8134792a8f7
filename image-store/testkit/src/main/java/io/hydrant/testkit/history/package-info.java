/**
 * What clients saw of a store, and whether one store that keeps its promises can have shown it.
 * Pure: filled by the simulation and by runs against real processes alike.
 */
@NullMarked
package io.hydrant.testkit.history;

import org.jspecify.annotations.NullMarked;
