/**
 * Restored regions on their way into local files: sparse, atomic, never half under the final name.
 */
@NullMarked
package io.hydrant.cli.restore;

import org.jspecify.annotations.NullMarked;
