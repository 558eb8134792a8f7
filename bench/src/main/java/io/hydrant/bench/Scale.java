package io.hydrant.bench;

/** How much of a scenario is run. Bars are stated for FULL. */
public enum Scale {
  /** What the bars ask for. */
  FULL,
  /** Minutes instead of a quarter of an hour: for working on performance. */
  SMALL,
  /** Seconds: shows that the scenario works; its figures mean nothing. */
  QUICK;

  /** Picks what belongs to this scale. */
  public <T> T pick(T full, T small, T quick) {
    return switch (this) {
      case FULL -> full;
      case SMALL -> small;
      case QUICK -> quick;
    };
  }
}
