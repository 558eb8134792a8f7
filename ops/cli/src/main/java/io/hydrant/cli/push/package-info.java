/** Raw memory files on their way into checkpoints. */
@NullMarked
package io.hydrant.cli.push;

import org.jspecify.annotations.NullMarked;
