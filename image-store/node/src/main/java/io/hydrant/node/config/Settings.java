package io.hydrant.node.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/** Raw values by key, each with where it came from; later sources replace earlier ones. */
final class Settings {
  /** Variables of the launcher and of clients, which share the prefix. */
  private static final Set<String> FOREIGN_VARIABLES =
      Set.of(
          "HYDRANT_CONFIG",
          "HYDRANT_DEBUG",
          "HYDRANT_HEAP",
          "HYDRANT_HOME",
          "HYDRANT_JAVA_HOME",
          "HYDRANT_JAVA_OPTS",
          "HYDRANT_NO_BUILD",
          "HYDRANT_SERVER",
          "HYDRANT_TRACES");

  private static final String PREFIX = "HYDRANT_";

  private final Map<ConfigKey, Setting> values = new EnumMap<>(ConfigKey.class);

  private record Setting(String value, String origin) {}

  Settings() {
    for (ConfigKey key : ConfigKey.values()) {
      values.put(key, new Setting(key.standard(), "default"));
    }
  }

  /** Adds a file in the syntax of {@link Properties}. */
  void addFile(Path file) throws ConfigException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      throw new ConfigException(
          "configuration file %s does not exist: create it or name another".formatted(file));
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException(
          "configuration file %s cannot be read: %s".formatted(file, e.getMessage()));
    }
    for (String key : properties.stringPropertyNames()) {
      add(key, properties.getProperty(key), "file " + file);
    }
  }

  /** Adds the variables that begin with HYDRANT_. */
  void addEnvironment(Map<String, String> environment) throws ConfigException {
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (!name.startsWith(PREFIX) || FOREIGN_VARIABLES.contains(name)) {
        continue;
      }
      ConfigKey key =
          ConfigKey.ofVariable(name)
              .orElseThrow(() ->
                  unknown(
                      "environment variable",
                      name,
                      Arrays.stream(ConfigKey.values()).map(ConfigKey::variable).toList()));
      values.put(key, new Setting(variable.getValue().strip(), "environment " + name));
    }
  }

  /** Adds one value by its key. */
  void add(String name, String value, String origin) throws ConfigException {
    ConfigKey key =
        ConfigKey.ofKey(name)
            .orElseThrow(() ->
                unknown(
                    "key in " + origin + ":",
                    name,
                    Arrays.stream(ConfigKey.values()).map(ConfigKey::key).toList()));
    values.put(key, new Setting(value.strip(), origin));
  }

  String text(ConfigKey key) {
    return setting(key).value();
  }

  boolean flag(ConfigKey key) throws ConfigException {
    return switch (text(key).toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(key, "true or false");
    };
  }

  int number(ConfigKey key) throws ConfigException {
    try {
      return Integer.parseInt(text(key));
    } catch (NumberFormatException e) {
      throw wrong(key, "a whole number");
    }
  }

  /** A number of bytes: digits, and k, m or g for KiB, MiB or GiB. */
  long bytes(ConfigKey key) throws ConfigException {
    String text = text(key).toLowerCase(Locale.ROOT);
    int shift =
        text.isEmpty()
            ? 0
            : switch (text.charAt(text.length() - 1)) {
              case 'k' -> 10;
              case 'm' -> 20;
              case 'g' -> 30;
              default -> 0;
            };
    try {
      long count = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
      return Math.multiplyExact(count, 1L << shift);
    } catch (ArithmeticException | NumberFormatException e) {
      throw wrong(key, "a number of bytes such as 4194304, 4096k, 4m or 1g");
    }
  }

  /** A time: digits, and s, m, h or d for seconds, minutes, hours or days; 0 needs none. */
  Duration duration(ConfigKey key) throws ConfigException {
    String text = text(key).toLowerCase(Locale.ROOT);
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    try {
      long count = Long.parseLong(text.substring(0, Math.max(0, text.length() - 1)));
      return switch (text.charAt(text.length() - 1)) {
        case 's' -> Duration.ofSeconds(count);
        case 'm' -> Duration.ofMinutes(count);
        case 'h' -> Duration.ofHours(count);
        case 'd' -> Duration.ofDays(count);
        default -> throw new NumberFormatException("no unit");
      };
    } catch (ArithmeticException | NumberFormatException e) {
      throw wrong(key, "a time such as 90s, 30m, 12h or 7d, or 0");
    }
  }

  int bytesAsInt(ConfigKey key) throws ConfigException {
    long bytes = bytes(key);
    if (bytes != (int) bytes) {
      throw wrong(key, "less than 2 GiB");
    }
    return (int) bytes;
  }

  ConfigException wrong(ConfigKey key, String wanted) {
    Setting setting = setting(key);
    return new ConfigException(
        "%s (%s) must be %s, not '%s'"
            .formatted(key.key(), setting.origin(), wanted, setting.value()));
  }

  /** A message that begins with a key, with where that key's value came from. */
  String withOrigin(String message) {
    for (ConfigKey key : ConfigKey.values()) {
      if (message.startsWith(key.key() + " ")) {
        return "%s (%s)".formatted(message, setting(key).origin());
      }
    }
    return message;
  }

  private Setting setting(ConfigKey key) {
    Setting setting = values.get(key);
    if (setting == null) {
      throw new IllegalStateException("every key has a default: " + key);
    }
    return setting;
  }

  private static ConfigException unknown(String what, String name, java.util.List<String> known) {
    return new ConfigException(
        "unknown %s %s; did you mean %s? docs/configuration.md lists all"
            .formatted(what, name, NearestName.of(name, known)));
  }
}
