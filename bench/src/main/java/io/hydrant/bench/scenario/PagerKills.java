package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.pagerkill.PagerKillRun;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.pager.uffd.Userfault;
import java.io.IOException;
import java.util.List;

/** A machine goes on while its memory comes, and whoever brings it is killed. */
public final class PagerKills implements Scenario {
  @Override
  public String name() {
    return "pager-kills";
  }

  @Override
  public String purpose() {
    return "the leader of three, the pager, or both are killed during lazy restores of a machine that verifies itself";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    try {
      Userfault.open().close();
    } catch (IOException e) {
      return Report.builder().note("left out: " + e.getMessage()).build();
    }
    int restores = lab.options().roundsOr(lab.scale().pick(50, 12, 3), 3);
    try (StoreGroup group = lab.startGroup("data", List.of())) {
      return new PagerKillRun(lab, group).run(restores).setting("restores", restores).build();
    }
  }
}
