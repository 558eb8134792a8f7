@NullMarked
package io.hydrant.raftlog;

import org.jspecify.annotations.NullMarked;
