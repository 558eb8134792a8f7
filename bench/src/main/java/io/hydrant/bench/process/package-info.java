/** Child processes and what the kernel accounts to them. */
@NullMarked
package io.hydrant.bench.process;

import org.jspecify.annotations.NullMarked;
