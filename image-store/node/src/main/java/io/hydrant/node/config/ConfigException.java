package io.hydrant.node.config;

/**
 * A configuration that the server must not start with. The message names the key, its origin and
 * the cure.
 */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }
}
