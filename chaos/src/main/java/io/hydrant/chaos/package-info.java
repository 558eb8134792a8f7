/**
 * A group of real servers under load and under faults, and the judgement of what its clients saw.
 */
@NullMarked
package io.hydrant.chaos;

import org.jspecify.annotations.NullMarked;
