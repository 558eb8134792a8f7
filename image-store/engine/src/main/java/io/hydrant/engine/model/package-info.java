/** Values that the whole engine speaks of: identities, regions, page tables, checksums, digests. */
@NullMarked
package io.hydrant.engine.model;

import org.jspecify.annotations.NullMarked;
