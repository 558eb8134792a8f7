/**
 * The store under measurement: its process, and the client library's calls that scenarios share.
 */
@NullMarked
package io.hydrant.bench.store;

import org.jspecify.annotations.NullMarked;
