/** Where log, catalog and page maps meet: staging, publishing, reading, snapshots, recovery. */
@NullMarked
package io.hydrant.engine.store;

import org.jspecify.annotations.NullMarked;
