package io.hydrant.engine.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How a plan changes with a restore that went by it. */
public final class PlanLearning {
  /** Of a plan: 256 MiB of small pages. What comes behind is filled in the order of addresses. */
  public static final int PAGES_MAX = 65_536;

  private PlanLearning() {}

  /**
   * The next plan.
   *
   * @param touched in the order of their first touch
   * @param unseen pages that were there before the machine could ask for them, and of which nobody
   *     can say whether it did: they are as old as they were
   */
  public static RestorePlan learn(RestorePlan before, List<PageRun> touched, List<PageRun> unseen) {
    PageOrder newest = new PageOrder();
    for (PageRun run : touched) {
      for (long page = run.first(); page < run.end() && newest.size() < PAGES_MAX; page++) {
        newest.add(PageOrder.key(run.region(), page));
      }
    }
    Set<Long> unknown = within(before, unseen);
    List<PageOrder> ages = new ArrayList<>();
    ages.add(newest);
    for (int age = 1; age < RestorePlan.AGES; age++) {
      ages.add(new PageOrder());
    }
    Set<Long> touchedNow = new HashSet<>();
    newest.forEach(touchedNow::add);
    for (int age = 0; age < before.ages().size(); age++) {
      for (PageRun run : before.ages().get(age)) {
        for (long page = run.first(); page < run.end(); page++) {
          long key = PageOrder.key(run.region(), page);
          int next = unknown.contains(key) ? age : age + 1;
          if (next < RestorePlan.AGES && !touchedNow.contains(key)) {
            ages.get(next).add(key);
          }
        }
      }
    }
    int room = PAGES_MAX;
    List<List<PageRun>> runs = new ArrayList<>();
    for (PageOrder age : ages) {
      List<PageRun> kept = age.toRuns(room);
      runs.add(kept);
      room -= (int) kept.stream().mapToLong(PageRun::count).sum();
    }
    return new RestorePlan(runs);
  }

  /** What of the runs is in the plan: the plan is bounded, a report need not be. */
  private static Set<Long> within(RestorePlan plan, List<PageRun> runs) {
    Set<Long> known = new HashSet<>();
    for (PageRun run : plan.runs()) {
      for (long page = run.first(); page < run.end(); page++) {
        known.add(PageOrder.key(run.region(), page));
      }
    }
    Set<Long> within = new HashSet<>();
    for (PageRun run : runs) {
      for (long page = run.first(); page < run.end(); page++) {
        long key = PageOrder.key(run.region(), page);
        if (known.contains(key)) {
          within.add(key);
        }
      }
    }
    return within;
  }
}
