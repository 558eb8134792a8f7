package io.hydrant.bench.measure;

import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * One line of a report: a figure, the bare one it is compared with, and the bars it is held
 * against.
 *
 * @param name what was measured
 * @param figure of the store
 * @param bare of the comparator in the same run; null where there is none
 * @param bars none for a figure that is only told
 */
public record Row(String name, Series figure, @Nullable Series bare, List<Bar> bars) {
  public Row {
    bars = List.copyOf(bars);
    if (bare == null && bars.stream().anyMatch(bar -> bar.subject() == Bar.Subject.RATIO)) {
      throw new IllegalArgumentException(name + ": a bar on the ratio needs a bare figure");
    }
  }

  /** A figure that is only told. */
  public static Row told(String name, Series figure) {
    return new Row(name, figure, null, List.of());
  }

  public static Row held(String name, Series figure, Bar... bars) {
    return new Row(name, figure, null, List.of(bars));
  }

  public static Row compared(String name, Series figure, Series bare, Bar... bars) {
    return new Row(name, figure, bare, List.of(bars));
  }

  /** Median of the figure over median of the bare one. */
  public OptionalDouble ratio() {
    return bare == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(figure.median() / bare.median());
  }

  public boolean met(Bar bar) {
    return bar.metBy(
        switch (bar.subject()) {
          case FIGURE -> figure.median();
          case RATIO -> ratio().orElseThrow();
        });
  }

  /** True where no bar is missed; also where there is none. */
  public boolean met() {
    return bars.stream().allMatch(this::met);
  }
}
