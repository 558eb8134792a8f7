/**
 * Restores of a machine that verifies itself, while the store's leader and its pager are killed.
 */
@NullMarked
package io.hydrant.bench.pagerkill;

import org.jspecify.annotations.NullMarked;
