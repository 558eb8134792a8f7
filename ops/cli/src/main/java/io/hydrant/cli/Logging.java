package io.hydrant.cli;

import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Log lines go to standard error with their time: Hydrant's own from INFO in a server, the
 * libraries' from WARN.
 */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  static boolean debugWanted() {
    String debug = System.getenv("HYDRANT_DEBUG");
    return debug != null && !debug.isEmpty() && !debug.equals("0");
  }

  /**
   * A client says what is wrong in its own messages; a library's log lines would only blur them.
   */
  static void forClient(boolean verbose) {
    configure(verbose ? "warn" : "off", verbose ? "info" : "off");
  }

  static void forServer(boolean verbose) {
    configure(verbose ? "info" : "warn", verbose ? "debug" : "info");
  }

  /** Must run before the first logger is made: slf4j-simple reads its settings once. */
  private static void configure(String libraries, String hydrant) {
    set("defaultLogLevel", libraries);
    set("log.io.hydrant", hydrant);
    set("logFile", "System.err");
    set("showDateTime", "true");
    set("dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    set("showThreadName", "false");
    set("showShortLogName", "true");
    set("levelInBrackets", "false");
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  private static void set(String name, String value) {
    if (System.getProperty(PREFIX + name) == null) {
      System.setProperty(PREFIX + name, value);
    }
  }
}
