package io.hydrant.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeriesTest {
  @Test
  void medianIsTheMiddleRoundWhateverTheOrder() {
    Series series = new Series("MB/s", List.of(9.0, 1.0, 5.0));
    assertEquals(5, series.median());
    assertEquals(1, series.least());
    assertEquals(9, series.most());
    assertEquals(8.0 / 5, series.spread());
    assertEquals(List.of(9.0, 1.0, 5.0), series.rounds());
  }

  @Test
  void medianOfAnEvenNumberLiesBetweenTheMiddleTwo() {
    assertEquals(3, new Series("", List.of(4.0, 100.0, 2.0, 1.0)).median());
  }

  @Test
  void oneOutlierMovesTheMedianNoFurtherThanToTheNextRound() {
    assertEquals(11, new Series("", List.of(10.0, 11.0, 12.0, 1e9, 10.5)).median());
  }

  @Test
  void aSeriesWithoutRoundsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Series("", List.of()));
  }

  @Test
  void warmUpLeavesNoTrace() {
    SeriesRecorder recorder = new SeriesRecorder("us");
    recorder.add(new Round(0, false), 1_000);
    recorder.add(new Round(0, true), 5);
    recorder.add(new Round(1, true), 7);
    assertEquals(List.of(5.0, 7.0), recorder.series().rounds());
  }
}
