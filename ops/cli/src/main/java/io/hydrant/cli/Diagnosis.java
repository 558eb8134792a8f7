package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.HealthState;
import io.hydrant.v1.MemberState;
import io.hydrant.v1.ScrubStatus;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.StatsResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with a server and its group, going by what they say of themselves. Pure. */
final class Diagnosis {
  /** As the server admits checkpoints. */
  private static final long ROOM_BYTES_MIN = 64L << 20;

  private static final long ROOM_BYTES_LITTLE = 8L << 30;

  /** As a leader lets nothing expire. */
  private static final long CLOCK_OFF_MILLIS_MAX = 5_000;

  private static final Duration SCRUB_OLD = Duration.ofDays(30);

  private final List<Finding> findings = new ArrayList<>();

  /** How bad it is. */
  enum Severity {
    /** For people to know. */
    NOTE,
    /** Goes on, but should be seen to. */
    WARNING,
    /** Something does not work, or bytes are bad. */
    BAD
  }

  /**
   * One thing.
   *
   * @param subject for instance "disk"
   * @param advice what to do
   */
  record Finding(Severity severity, String subject, String what, String advice) {}

  /** What a server said. */
  record Said(ServerInfo info, Cluster cluster, StatsResponse stats, ScrubStatus scrub) {
    long gauge(String name) {
      return stats.getGaugesOrDefault(name, 0);
    }

    long limit(String name) {
      return info.getLimitsOrDefault(name, 0);
    }
  }

  private Diagnosis() {}

  static List<Finding> of(Said said, long nowMillis) {
    Diagnosis diagnosis = new Diagnosis();
    diagnosis.health(said);
    diagnosis.members(said);
    diagnosis.disk(said);
    diagnosis.damage(said);
    diagnosis.clock(said);
    diagnosis.scrub(said, nowMillis);
    diagnosis.configuration(said);
    return List.copyOf(diagnosis.findings);
  }

  private void add(Severity severity, String subject, String what, String advice) {
    findings.add(new Finding(severity, subject, what, advice));
  }

  private void health(Said said) {
    HealthState state = said.cluster().getHealth().getState();
    if (state == HealthState.HEALTH_STATE_OK) {
      return;
    }
    Severity severity =
        state == HealthState.HEALTH_STATE_DEGRADED ? Severity.WARNING : Severity.BAD;
    String advice = "docs/cli.md, Health, says what each reason means";
    List<String> reasons = said.cluster().getHealth().getReasonsList();
    if (reasons.isEmpty()) {
      add(severity, "health", Documents.shortName(state, "HEALTH_STATE_"), advice);
    }
    reasons.forEach(reason -> add(severity, "health", reason, advice));
  }

  private void members(Said said) {
    List<MemberState> members = said.cluster().getMembersList();
    if (members.size() == 1) {
      add(
          Severity.NOTE,
          "members",
          "a group of one: with its disk everything is lost, and bad pages cannot be repaired",
          "for three copies: docs/cli.md, Several servers");
    }
    for (MemberState member : members) {
      if (!member.getRefusal().isEmpty()) {
        add(
            Severity.BAD,
            "members",
            member.getMember().getNode() + " and this one do not talk: " + member.getRefusal(),
            "the reason says which of them has to change");
      }
      if (member.getNearlyFull()) {
        add(
            Severity.BAD,
            "disk",
            "that of %s is nearly full: %s left"
                .formatted(member.getMember().getNode(), Amounts.bytes(member.getFreeBytes())),
            "make room, or delete images: hydrant image delete");
      }
    }
    long versions = members.stream().map(MemberState::getVersion).distinct().count();
    if (versions > 1) {
      add(
          Severity.WARNING,
          "members",
          "they run different versions",
          "hydrant cluster status shows which; finish the upgrade");
    }
  }

  private void disk(Said said) {
    long free = said.gauge("free_bytes");
    if (free < ROOM_BYTES_MIN) {
      add(
          Severity.BAD,
          "disk",
          "%s left above the reserve: new checkpoints are refused".formatted(Amounts.bytes(free)),
          "make room on the device, delete images, or lower what is retained");
    } else if (free < ROOM_BYTES_LITTLE) {
      add(
          Severity.WARNING,
          "disk",
          "%s left above the reserve".formatted(Amounts.bytes(free)),
          "make room before it ends: then new checkpoints are refused");
    }
    if (said.gauge("missing_tract_count") > 0) {
      add(
          Severity.WARNING,
          "copies",
          "this server lacks %s tracts, %s"
              .formatted(
                  Amounts.count(said.gauge("missing_tract_count")),
                  Amounts.bytes(said.gauge("missing_bytes"))),
          "they are fetched by themselves while another member has them: hydrant cluster status");
    }
  }

  private void damage(Said said) {
    if (said.gauge("damaged_page_count") > 0) {
      add(
          Severity.BAD,
          "damage",
          Amounts.count(said.gauge("damaged_page_count"))
              + " pages and slim states are bad here, and not served",
          "hydrant scrub names them; then ops/runbooks/damage.md");
    }
    if (said.gauge("lost_page_count") > 0) {
      add(
          Severity.BAD,
          "damage",
          Amounts.count(said.gauge("lost_page_count"))
              + " pages of retained checkpoints are lost: no member has good bytes of them",
          "hydrant verify IMAGE --checkpoint N names them; send a full checkpoint (--full): ops/runbooks/damage.md");
    }
    if (said.gauge("damaged_segment_count") > 0) {
      add(
          Severity.BAD,
          "damage",
          Amounts.count(said.gauge("damaged_segment_count"))
              + " segments are bad beside their pages: a restart may stop at them",
          "hydrant scrub --last names them; do not restart before ops/runbooks/damage.md");
    }
  }

  private void clock(Said said) {
    long off = said.gauge("clock_off_millis");
    if (Math.abs(off) > CLOCK_OFF_MILLIS_MAX) {
      add(
          Severity.WARNING,
          "clock",
          "%d s %s its group's".formatted(Math.abs(off) / 1_000, off > 0 ? "ahead of" : "behind"),
          "set it, and see why it is not kept (chrony, ntpd)");
    }
  }

  private void scrub(Said said, long nowMillis) {
    ScrubStatus scrub = said.scrub();
    long age = nowMillis - scrub.getLastEndedMillis();
    if (!scrub.getRunning() && scrub.getNextBeginsMillis() == 0) {
      add(
          Severity.WARNING,
          "scrub",
          "is off: bytes that rot are noticed only when they are needed",
          "set scrub.period, or run hydrant scrub from time to time");
    } else if (scrub.getLastEndedMillis() == 0) {
      add(
          Severity.NOTE,
          "scrub",
          "none has ended yet",
          "nothing: it begins by itself; hydrant scrub does it now");
    } else if (age > SCRUB_OLD.toMillis()) {
      add(
          Severity.WARNING,
          "scrub",
          "the last one ended %d days ago".formatted(Duration.ofMillis(age).toDays()),
          "raise scrub.bytes-per-second-max, or see in the log why it does not end");
    }
  }

  private void configuration(Said said) {
    long ingest =
        said.limit("ingest_streams")
            * said.limit("ingest_window_messages")
            * said.limit("message_bytes");
    long heap = said.gauge("heap_max_bytes");
    if (heap > 0 && ingest > heap / 4 * 3) {
      add(
          Severity.WARNING,
          "configuration",
          "protectors may fill %s of a heap of %s"
              .formatted(Amounts.bytes(ingest), Amounts.bytes(heap)),
          "raise HYDRANT_HEAP, or lower ingest.streams-max (docs/configuration.md)");
    }
  }
}
