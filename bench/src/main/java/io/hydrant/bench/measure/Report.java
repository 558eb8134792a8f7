package io.hydrant.bench.measure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a scenario found.
 *
 * @param rows figures in the order told
 * @param settings what the scenario ran with, by name
 * @param notes sentences that a reader of the figures needs
 * @param violations promises that were broken; a run with any of them fails
 */
public record Report(
    List<Row> rows, Map<String, String> settings, List<String> notes, List<String> violations) {
  public Report {
    rows = List.copyOf(rows);
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    notes = List.copyOf(notes);
    violations = List.copyOf(violations);
  }

  public boolean met() {
    return violations.isEmpty() && rows.stream().allMatch(Row::met);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects a report while its scenario runs. */
  public static final class Builder {
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();

    private Builder() {}

    public Builder row(Row row) {
      rows.add(row);
      return this;
    }

    public Builder setting(String name, Object value) {
      settings.put(name, value.toString());
      return this;
    }

    public Builder note(String sentence) {
      notes.add(sentence);
      return this;
    }

    public Builder violation(String sentence) {
      violations.add(sentence);
      return this;
    }

    public Report build() {
      return new Report(rows, settings, notes, violations);
    }
  }
}
