package io.hydrant.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DirtyPagesTest {
  @Test
  void whatWasNotCommittedIsOwedAgainWithAllThatFollowed() {
    DirtyPages dirty = new DirtyPages();
    dirty.mark(0, 5);
    dirty.mark(1, 7, 3);
    DirtyPages.Flight first = dirty.take();
    assertEquals("0[5] 1[7, 8, 9]", show(first));
    dirty.mark(0, 6);
    DirtyPages.Flight second = dirty.take();
    dirty.mark(0, 9);
    DirtyPages.Flight third = dirty.take();
    first.committed();
    second.aborted();
    second.aborted();
    third.aborted();
    dirty.mark(0, 1);
    assertEquals(3, dirty.owedCount());
    assertEquals("0[1, 6, 9]", show(dirty.take()));
  }

  @Test
  void lateOutcomesOfEndedFlightsChangeNothing() {
    DirtyPages dirty = new DirtyPages();
    dirty.mark(0, 5);
    DirtyPages.Flight flight = dirty.take();
    flight.committed();
    flight.aborted();
    assertEquals(0, dirty.owedCount());
    assertEquals(0, dirty.take().pageCount());
  }

  private static String show(DirtyPages.Flight flight) {
    List<String> shown = new ArrayList<>();
    flight.forEach((region, pages) -> shown.add(region + Arrays.toString(pages)));
    return String.join(" ", shown);
  }
}
