package io.hydrant.engine.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What one restore after the other makes of a plan. */
final class PlanLearningTest {
  private static PageRun run(long first, long count) {
    return new PageRun(0, first, count);
  }

  private static Set<Long> pages(List<PageRun> runs) {
    Set<Long> pages = new HashSet<>();
    for (PageRun run : runs) {
      for (long page = run.first(); page < run.end(); page++) {
        assertTrue(pages.add(PageOrder.key(run.region(), page)), "twice: " + run);
      }
    }
    return pages;
  }

  private static RestorePlan learn(RestorePlan before, PageRun... touched) {
    return PlanLearning.learn(before, List.of(touched), List.of());
  }

  @Test
  void whatTheNewestTouchedComesFirst() {
    RestorePlan plan = learn(learn(RestorePlan.NONE, run(10, 5)), run(12, 1), run(100, 2));
    assertEquals(
        List.of(List.of(run(12, 1), run(100, 2)), List.of(run(10, 2), run(13, 2)), List.of()),
        plan.ages());
    assertEquals(7, plan.pageCount());
  }

  @Test
  void whatThreeRestoresDidNotTouchIsForgotten() {
    RestorePlan plan = learn(RestorePlan.NONE, run(10, 1));
    plan = learn(plan, run(20, 1));
    plan = learn(plan, run(30, 1));
    assertEquals(List.of(run(30, 1), run(20, 1), run(10, 1)), plan.runs());
    plan = learn(plan, run(20, 1));
    assertEquals(List.of(run(20, 1), run(30, 1)), plan.runs());
  }

  /** Else a plan that works would be forgotten, since nothing of it faults. */
  @Test
  void whatNobodyCouldSeeStaysAsOldAsItWas() {
    RestorePlan plan = learn(RestorePlan.NONE, run(10, 4));
    for (int i = 0; i < 10; i++) {
      plan = PlanLearning.learn(plan, List.of(run(50 + i, 1)), List.of(run(10, 4)));
    }
    assertEquals(List.of(run(10, 4), run(59, 1)), plan.ages().getFirst());
    assertTrue(pages(plan.runs()).contains(PageOrder.key(0, 13)));
  }

  /** Within a message of 256 pages the order is that of their numbers; the messages keep theirs. */
  @Test
  void windowsKeepTheOrderOfFirstTouches() {
    List<PageRun> touched = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      touched.add(run(10_000 - 7L * i, 1));
    }
    touched.add(run(10_000, 1)); // once more
    List<PageRun> runs = PlanLearning.learn(RestorePlan.NONE, touched, List.of()).runs();
    assertEquals(600, runs.size());
    assertEquals(10_000 - 7L * 255, runs.getFirst().first());
    assertEquals(10_000, runs.get(255).first());
    assertEquals(10_000 - 7L * 511, runs.get(256).first());
  }

  @Test
  void whatIsTooMuchIsLeftOutFromTheEnd() {
    RestorePlan plan = learn(RestorePlan.NONE, run(0, 10));
    plan = learn(plan, run(1_000, PlanLearning.PAGES_MAX - 3));
    assertEquals(PlanLearning.PAGES_MAX, plan.pageCount());
    assertEquals(List.of(run(0, 3)), plan.ages().get(1));
    plan = learn(RestorePlan.NONE, run(0, PlanLearning.PAGES_MAX + 10L));
    assertEquals(PlanLearning.PAGES_MAX, plan.pageCount());
  }
}
