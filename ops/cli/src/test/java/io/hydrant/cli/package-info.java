@NullMarked
package io.hydrant.cli;

import org.jspecify.annotations.NullMarked;
