package io.hydrant.client;

/** Which networks may carry pages in plain text (there is no TLS yet). */
public enum NetworkTrust {
  /** Only this machine's loopback interface. */
  LOOPBACK_ONLY,
  /** Any network: whoever can read or change its traffic can read or change images. */
  INSECURE_NETWORK
}
