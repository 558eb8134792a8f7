/**
 * The log on Apache Ratis. No type of Ratis leaves this package; why it is set as it is:
 * docs/adr/0002.
 */
@NullMarked
package io.hydrant.raftlog.ratis;

import org.jspecify.annotations.NullMarked;
