@NullMarked
package io.hydrant.cli.restore;

import org.jspecify.annotations.NullMarked;
