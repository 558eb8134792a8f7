@NullMarked
package io.hydrant.cli.output;

import org.jspecify.annotations.NullMarked;
