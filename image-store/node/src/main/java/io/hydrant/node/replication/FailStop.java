package io.hydrant.node.replication;

/**
 * Stops the process: a replica whose disk or state cannot be trusted must not go on answering
 * (PROTOCOL R13, R15). Nothing is closed in order, because closing writes.
 */
@FunctionalInterface
public interface FailStop {
  /**
   * @param what failed, with the path where there is one
   */
  void stop(String what, Throwable cause);
}
