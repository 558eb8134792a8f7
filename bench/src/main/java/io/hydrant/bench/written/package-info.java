/** What a store was given, kept aside to hold against what it gives back. */
@NullMarked
package io.hydrant.bench.written;

import org.jspecify.annotations.NullMarked;
