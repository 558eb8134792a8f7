/**
 * The order in which a restore wants pages before they are asked for: learned from what earlier
 * restores of the image touched, or guessed from what its checkpoints wrote last. Hints only: a
 * wrong plan costs time and never a wrong page.
 */
@NullMarked
package io.hydrant.engine.plan;

import org.jspecify.annotations.NullMarked;
