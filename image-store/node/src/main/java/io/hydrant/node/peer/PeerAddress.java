package io.hydrant.node.peer;

/**
 * Where another member of the group is found.
 *
 * @param node its name
 * @param host as the group's configuration has it
 */
public record PeerAddress(String node, String host, int port) {}
