/**
 * The one repair mechanism (PROTOCOL R16): what a replica asks of another, what it answers, in
 * which order, and how that is put into the store. No network, thread or clock.
 */
@NullMarked
package io.hydrant.engine.repair;

import org.jspecify.annotations.NullMarked;
