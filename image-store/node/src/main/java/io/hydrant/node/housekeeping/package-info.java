/** What the leader proposes by itself: retirement, expiry, aborts. */
@NullMarked
package io.hydrant.node.housekeeping;

import org.jspecify.annotations.NullMarked;
