package io.hydrant.chaos.load;

import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Result;
import io.hydrant.v1.Image;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Looks at images and lists, all the time. */
public final class Operator implements Runnable {
  private static final int PAUSE_MILLIS = 100;

  private final Load load;
  private final SplittableRandom random;
  private final Restorer lists;
  private final Outcomes outcomes;

  public Operator(Load load, SplittableRandom random) {
    this.load = load;
    this.random = random;
    this.lists = new Restorer(load, "operator", random.split());
    this.outcomes = new Outcomes(load.tally());
  }

  @Override
  public void run() {
    try (HydrantClient client = load.connect()) {
      while (load.goesOn()) {
        String image = load.images().get(random.nextInt(load.images().size()));
        if (random.nextInt(4) == 0) {
          lists.list(client, image);
        } else {
          head(client, image);
        }
        load.tally().count("looks at heads and lists");
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      load.tally().violation("operator failed: " + Outcomes.chain(e));
    }
  }

  private void head(HydrantClient client, String image) {
    long invoked = System.nanoTime();
    Result<Head> result;
    try {
      Image seen = client.image(HydrantClient.name(image));
      result = new Result.Ok<>(new Head(seen.getEpoch(), seen.getHead(), seen.getAppliedIndex()));
    } catch (HydrantException e) {
      result = outcomes.of("reading " + image, e);
    }
    load.history().add(new ReadHead("operator", Load.since(invoked), image, result));
  }
}
