/** What is cleaned, and when: decisions only. The work is done in {@code engine.store}. */
@NullMarked
package io.hydrant.engine.clean;

import org.jspecify.annotations.NullMarked;
