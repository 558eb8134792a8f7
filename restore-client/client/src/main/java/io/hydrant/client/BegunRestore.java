package io.hydrant.client;

/**
 * A restore whose machine can be made to run.
 *
 * @param session the rest of its pages
 * @param slim the slim state, checked
 * @param firstPages pages handed out already, with content
 */
public record BegunRestore(RestoreSession session, byte[] slim, long firstPages) {}
