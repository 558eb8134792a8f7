/**
 * What the replicas of one group send, state and owe each other: values and decisions, without
 * network, thread or clock, so that simulation and server run the same ones.
 */
@NullMarked
package io.hydrant.engine.replica;

import org.jspecify.annotations.NullMarked;
