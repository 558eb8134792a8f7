package io.hydrant.engine.catalog;

/**
 * A replicated entry.
 *
 * @param leaderMillis the leader's clock; catalog time is the greatest one seen
 * @param client who asked
 * @param request identifies the request across repeats, per command
 * @param command what to do
 */
public record Entry(long leaderMillis, RequestId client, RequestId request, Command command) {}
