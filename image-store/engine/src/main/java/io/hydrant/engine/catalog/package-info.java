/** What exists and who may change it: a pure state machine over replicated commands. */
@NullMarked
package io.hydrant.engine.catalog;

import org.jspecify.annotations.NullMarked;
