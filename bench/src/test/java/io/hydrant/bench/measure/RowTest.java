package io.hydrant.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class RowTest {
  private static final Series BARE = new Series("MB/s", List.of(900.0, 1_000.0, 1_100.0));

  @Test
  void ratioIsThatOfTheMedians() {
    Row row = Row.compared("ingest", new Series("MB/s", List.of(1.0, 600.0, 5_000.0)), BARE);
    assertEquals(0.6, row.ratio().orElseThrow());
  }

  @Test
  void aBarMayLimitTheRatioOrTheFigure() {
    Row row =
        Row.compared(
            "ingest", Series.single("MB/s", 590), BARE, Bar.ratioAtLeast(0.6), Bar.atLeast(300));
    assertFalse(row.met(row.bars().get(0)));
    assertTrue(row.met(row.bars().get(1)));
    assertFalse(row.met());
  }

  @Test
  void limitsThemselvesAreInsideExceptForBelow() {
    assertTrue(Bar.atLeast(2).metBy(2));
    assertTrue(Bar.atMost(2).metBy(2));
    assertFalse(Bar.below(2).metBy(2));
    assertTrue(Bar.exactly(1).metBy(1));
    assertFalse(Bar.exactly(1).metBy(1.0001));
    assertFalse(Bar.atMost(2).metBy(Double.NaN));
    assertFalse(Bar.atLeast(2).metBy(Double.NaN));
  }

  @Test
  void barsSayWhatTheyLimit() {
    assertEquals(">= 0.6 x", Bar.ratioAtLeast(0.6).text());
    assertEquals("<= 1.05", Bar.atMost(1.05).text());
    assertEquals("< 25", Bar.below(25).text());
    assertEquals(">= 200,000", Bar.atLeast(200_000).text());
  }

  @Test
  void aBarOnTheRatioNeedsSomethingToCompareWith() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Row.held("x", Series.single("", 1), Bar.ratioAtLeast(1)));
  }

  @Test
  void aReportWithAViolationIsNotMet() {
    Row row = Row.held("x", Series.single("", 1), Bar.atLeast(1));
    assertTrue(Report.builder().row(row).build().met());
    assertFalse(Report.builder().row(row).violation("lost").build().met());
  }
}
