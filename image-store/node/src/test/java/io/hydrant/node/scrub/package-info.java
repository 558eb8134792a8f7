@NullMarked
package io.hydrant.node.scrub;

import org.jspecify.annotations.NullMarked;
