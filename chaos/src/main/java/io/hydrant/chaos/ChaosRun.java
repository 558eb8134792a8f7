package io.hydrant.chaos;

import io.hydrant.bench.process.JvmCommand;
import io.hydrant.chaos.fault.DiskFaults;
import io.hydrant.chaos.fault.Fault;
import io.hydrant.chaos.fault.LeaderFaults;
import io.hydrant.chaos.fault.LinkFaults;
import io.hydrant.chaos.fault.LostDisk;
import io.hydrant.chaos.fault.Nemesis;
import io.hydrant.chaos.fault.ProcessFaults;
import io.hydrant.chaos.group.Addresses;
import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.chaos.link.Links;
import io.hydrant.chaos.load.Load;
import io.hydrant.chaos.load.Operator;
import io.hydrant.chaos.load.Protector;
import io.hydrant.chaos.load.Restorer;
import io.hydrant.chaos.load.Tally;
import io.hydrant.chaos.load.Workload;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.Deadlines;
import io.hydrant.client.HydrantClient;
import io.hydrant.testkit.history.HistoryFile;
import io.hydrant.testkit.history.Quiet;
import io.hydrant.testkit.history.RecordedHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** One run: servers, clients, faults, quiet. */
final class ChaosRun {
  private static final int SERVERS = 3;
  private static final int RESTORERS = 2;

  /** As the servers have it by default; stretched where the machine is slow. */
  private static final long ELECTION_TIMEOUT_MILLIS = 250;

  /** Small segments and frequent snapshots, so that a short run meets sealing, replay and scans. */
  private static final List<String> SETTINGS =
      List.of(
          "storage.segment-bytes=4m",
          "storage.reserve-bytes=64m",
          "storage.snapshot-entries=500",
          "storage.snapshot-log-bytes=12m",
          "storage.snapshot-dirty-bytes=4m");

  private final Plan plan;
  private final JvmCommand jvm;
  private final Screen screen;
  private final Consumer<String> said;
  private final Tally tally;
  private final HistoryFile history;
  private final SplittableRandom random;
  private final long startNanos = System.nanoTime();

  private ChaosRun(Plan plan, JvmCommand jvm, Screen screen, HistoryFile history) {
    this.plan = plan;
    this.jvm = jvm;
    this.screen = screen;
    this.said =
        text -> screen.line("%7.1f s  %s".formatted((System.nanoTime() - startNanos) / 1e9, text));
    this.history = history;
    this.tally = new Tally(this.said, history);
    this.random = new SplittableRandom(plan.seed());
  }

  /**
   * Makes the plan's directory with all that a run leaves behind, its history among it, which says
   * what was found wrong by others than the judge.
   */
  static void run(Plan plan, JvmCommand jvm, Screen screen) throws Exception {
    Files.createDirectories(plan.directory());
    try (HistoryFile history =
        HistoryFile.create(plan.directory().resolve(RecordedHistory.FILE_NAME))) {
      // The servers end with this process: that is nothing to accuse them of.
      Thread toldToEnd =
          new Thread(
              () -> {
                history.cutOff();
                screen.line("cut off; chaos/run --judge " + plan.directory() + " judges it");
              },
              "cut off");
      Runtime.getRuntime().addShutdownHook(toldToEnd);
      try {
        new ChaosRun(plan, jvm, screen, history).run();
      } finally {
        forget(toldToEnd);
      }
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs, or has run.
    }
  }

  private void run() throws Exception {
    history.remark(Judgement.SEED, Long.toString(plan.seed()));
    history.remark(Judgement.REPEAT, plan.repeat());
    Addresses addresses = Addresses.choose(SERVERS);
    double stretch = Calibration.stretch();
    said.accept("time-outs are stretched by %.1f".formatted(stretch));
    history.remark(Judgement.STRETCH, Double.toString(stretch));
    List<String> settings = new ArrayList<>(SETTINGS);
    settings.add("cluster.election-timeout-millis=" + electionTimeout(stretch).toMillis());
    Member.Launch launch =
        new Member.Launch(jvm, List.of("-Xmx" + plan.serverHeap()), plan.directory(), settings);
    try (Links links = new Links(addresses);
        Group group = new Group(addresses, launch)) {
      group.found(seconds(60, stretch));
      said.accept("three servers are one group");
      try {
        underLoad(group, links, stretch);
      } catch (IOException | RuntimeException e) {
        group.dumpThreads(); // of servers that hang: they are killed in a moment
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      tally.violation("the run broke off: " + e);
      e.printStackTrace();
    }
    history.remark(Judgement.GAP, Double.toString(tally.longestGapSeconds()));
    tally.counts().forEach((what, count) -> history.remark(Judgement.COUNT, count + " " + what));
  }

  private void underLoad(Group group, Links links, double stretch) throws Exception {
    Duration patience = seconds(60, stretch);
    Deadlines deadlines =
        new Deadlines(
            seconds(20, stretch), seconds(30, stretch), seconds(30, stretch), seconds(15, stretch));
    List<Workload> workloads = Workloads.of(plan, random.split());
    List<String> images = workloads.stream().map(workload -> "vm-" + workload.name()).toList();
    Load load =
        new Load(
            group.addresses().clientEndpoints(),
            images,
            deadlines,
            history,
            tally,
            new AtomicBoolean(),
            new AtomicLong());
    create(load);
    List<Thread> clients = new ArrayList<>();
    for (int number = 0; number < workloads.size(); number++) {
      clients.add(
          client(
              images.get(number),
              new Protector(load, images.get(number), workloads.get(number), random.split())));
    }
    for (int number = 1; number <= RESTORERS; number++) {
      clients.add(
          client("restorer-" + number, new Restorer(load, "restorer-" + number, random.split())));
    }
    clients.add(client("operator", new Operator(load, random.split())));
    List<Fault> faults = new ArrayList<>(new ProcessFaults(group, electionTimeout(stretch)).all());
    faults.addAll(new LinkFaults(group, links).all());
    faults.addAll(new LeaderFaults(group).all());
    Member victim = group.member(random.nextInt(group.members().size()));
    faults.addAll(new DiskFaults(group, victim).all());
    if (plan.replace()) {
      faults.add(new LostDisk(group, victim, patience.multipliedBy(2)));
    }
    List<Fault> chosen = chosen(faults);
    try (Progress _ = Progress.start(screen, tally, plan.duration())) {
      new Nemesis(group, chosen, tally, random.split(), patience, said)
          .run(System.nanoTime() + plan.duration().toNanos());
      said.accept("no more faults");
      TimeUnit.SECONDS.sleep(2);
      tally.endOfLoad();
    } finally {
      load.stopping().set(true);
      awaitEnd(clients, deadlines.checkpoint().plus(deadlines.settle()).multipliedBy(2));
    }
    Quiet quiet = new AtRest(group, load, patience, said).examine();
    if (plan.whole()) {
      history.quiet(quiet);
    }
  }

  private List<Fault> chosen(List<Fault> faults) {
    List<String> names = faults.stream().map(Fault::name).toList();
    if (!names.containsAll(plan.only())) {
      throw new IllegalArgumentException("--faults %s: there are %s".formatted(plan.only(), names));
    }
    return faults.stream()
        .filter(fault -> plan.only().isEmpty() || plan.only().contains(fault.name()))
        .toList();
  }

  /** Every call has a deadline, so a client that does not end is a defect. */
  private void awaitEnd(List<Thread> clients, Duration limit)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    for (Thread client : clients) {
      if (!client.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
        tally.violation(
            "client %s does not end within %d s; it is at %s"
                .formatted(client.getName(), limit.toSeconds(), List.of(client.getStackTrace())));
      }
    }
  }

  private void create(Load load) {
    try (HydrantClient client =
        HydrantClient.connect(ClientConfig.of(load.endpoints()).withDeadlines(load.deadlines()))) {
      for (String image : load.images()) {
        client.createImage(image, Load.KEEP_LAST);
        history.image(image, Load.KEEP_LAST);
      }
    }
  }

  private static Thread client(String name, Runnable work) {
    return Thread.ofPlatform().name(name).daemon().start(work);
  }

  private static Duration electionTimeout(double stretch) {
    return Duration.ofMillis((long) (ELECTION_TIMEOUT_MILLIS * stretch));
  }

  private static Duration seconds(long seconds, double stretch) {
    return Duration.ofMillis((long) (1_000 * seconds * stretch));
  }

  static Path hosts(Path root) {
    return root.resolve("chaos/client-hosts");
  }
}
