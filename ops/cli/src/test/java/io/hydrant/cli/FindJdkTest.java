package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The part of the launcher that finds a JDK, against directories that look like JDKs. */
class FindJdkTest {
  private static final String SCRIPT = "../find-jdk.sh";

  @TempDir Path directory;

  private record Found(int exitCode, String output) {}

  @Test
  void javaHomeOfTheRightVersionIsTaken() throws Exception {
    Path jdk = jdk("good", "JAVA_VERSION=\"25.0.3\"");
    assertEquals(new Found(0, jdk.toString()), find(Map.of("JAVA_HOME", jdk.toString())));
  }

  @Test
  void earlyAccessVersionIsRead() throws Exception {
    Path jdk = jdk("early", "JAVA_VERSION=\"25-ea\"");
    assertEquals(new Found(0, jdk.toString()), find(Map.of("HYDRANT_JAVA_HOME", jdk.toString())));
  }

  @Test
  void olderJavaHomeIsPassedOver() throws Exception {
    Path old = jdk("old", "JAVA_VERSION=\"17.0.15\"");
    Path home = Files.createDirectory(directory.resolve("home"));
    Path jdk = jdk("home/.jdks/temurin-25", "JAVA_VERSION=\"25\"");
    Found found = find(Map.of("JAVA_HOME", old.toString(), "HOME", home.toString()));
    assertEquals(0, found.exitCode(), found.output());
    assertTrue(
        found.output().equals(jdk.toString()) || found.output().contains("25"), found.output());
  }

  @Test
  void wrongExplicitChoiceIsAnErrorWithTheCure() throws Exception {
    Path old = jdk("old", "JAVA_VERSION=\"1.8.0_402\"");
    Found found = find(Map.of("HYDRANT_JAVA_HOME", old.toString()));
    assertEquals(1, found.exitCode());
    assertTrue(found.output().contains("HYDRANT_JAVA_HOME=" + old), found.output());
    assertTrue(found.output().contains("unset it"), found.output());
  }

  private Path jdk(String name, String release) throws IOException {
    Path jdk = directory.resolve(name);
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(jdk.resolve("release"), release + "\nOS_ARCH=\"x86_64\"\n");
    Path java = Files.writeString(jdk.resolve("bin/java"), "#!/bin/sh\nexit 9\n");
    assertTrue(java.toFile().setExecutable(true));
    return jdk;
  }

  private static Found find(Map<String, String> environment) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            "bash",
            "-c",
            ". " + SCRIPT + "; hydrant_find_jdk 2>&1 && printf '%s' \"$hydrant_jdk\"");
    builder.environment().keySet().removeIf(name -> name.contains("JAVA"));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Found(process.waitFor(), output);
  }
}
