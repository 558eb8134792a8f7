@NullMarked
package io.hydrant.raftlog.ratis;

import org.jspecify.annotations.NullMarked;
