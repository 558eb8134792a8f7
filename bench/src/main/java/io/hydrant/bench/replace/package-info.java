/** What a replacement does to those that go on writing. */
@NullMarked
package io.hydrant.bench.replace;

import org.jspecify.annotations.NullMarked;
