/**
 * The comparator of replicated ingest: a bare Ratis group of three whose state machine data is
 * appended to a file, set as well as it is known to be set.
 */
@NullMarked
package io.hydrant.bench.ratis;

import org.jspecify.annotations.NullMarked;
