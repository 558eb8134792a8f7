package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentInspection;
import io.hydrant.engine.segment.SegmentInspection.Damaged;
import io.hydrant.engine.segment.SegmentInspection.Footing;
import io.hydrant.engine.segment.SegmentInspection.Item;
import io.hydrant.engine.segment.SegmentInspection.Sound;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looking into a store's files without a server. */
@Command(
    name = "inspect",
    description = "Looks into a store's files, without a server.",
    subcommands = InspectCommand.SegmentFile.class)
final class InspectCommand extends GroupCommand {

  /** {@code inspect segment}. */
  @Command(
      name = "segment",
      description = {
        "Lists the records of a segment file and verifies their checksums. Changes nothing.",
        "Exit code 65 if anything is damaged."
      },
      footer = {
        "",
        "Examples:",
        "  hydrant inspect segment /var/lib/hydrant/segments/segment-00000001.hyd",
        "  hydrant inspect segment --damaged-only FILE"
      })
  static final class SegmentFile extends BasicCommand {
    @Parameters(paramLabel = "FILE", description = "The segment file.")
    private Path file;

    @Option(names = "--damaged-only", description = "Do not list what is sound.")
    private boolean damagedOnly;

    @Override
    ExitCode run(Output output) throws IOException {
      SegmentInspection segment = open();
      List<Item> items = new ArrayList<>();
      int end = segment.scan(items::add);
      List<Damaged> damaged =
          items.stream().filter(Damaged.class::isInstance).map(Damaged.class::cast).toList();
      describe(output, segment);
      if (!damagedOnly) {
        output.line();
        output.table(table(items));
      }
      output.line();
      for (Damaged each : damaged) {
        output.line(
            "DAMAGED "
                + file
                + " at offset "
                + each.offset()
                + ": expected "
                + each.expected()
                + ", found "
                + each.actual());
      }
      long sound = items.stream().filter(Sound.class::isInstance).count();
      output.line(
          Amounts.count(sound)
              + " sound records, "
              + Amounts.bytes(end)
              + " used of "
              + Amounts.bytes(segment.lengthBytes())
              + ", "
              + damaged.size()
              + " damaged");
      output.document(document(segment, items, end));
      return damaged.isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
    }

    private SegmentInspection open() throws IOException {
      try {
        return SegmentInspection.open(file);
      } catch (CorruptionException e) {
        throw new CommandFailure(
            ExitCode.DAMAGED,
            String.valueOf(e.getMessage()),
            "It is no segment file, or its header is damaged.",
            e);
      } catch (UnsupportedFormatException e) {
        throw new CommandFailure(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()), "", e);
      }
    }

    private void describe(Output output, SegmentInspection segment) {
      output.line("file     " + file);
      output.line("segment  " + segment.number() + ", life " + hex(segment.life()));
      output.line("store    " + segment.identity().store());
      output.line("group    " + segment.identity().group());
      output.line("cluster  " + segment.identity().cluster());
      output.line(
          "sealed   "
              + switch (segment.end()) {
                case OPEN -> "no: written to, or its process was killed";
                case FOOTER -> "by a footer";
                case RESTART -> "by a restart";
              });
    }

    private static Table table(List<Item> items) {
      Table table =
          new Table(">OFFSET", ">BYTES", "KIND", ">IMAGE", ">CHECKPOINT", ">EPOCH", "WHAT");
      for (Item item : items) {
        switch (item) {
          case Sound sound ->
              table.row(
                  sound.offset(),
                  sound.recordBytes(),
                  kind(sound.record()),
                  sound.record().key().image().value(),
                  sound.record().key().checkpoint().value(),
                  sound.record().epoch().value(),
                  what(sound.record()));
          case Footing footing ->
              table.row(footing.offset(), "", "footer", "", "", "", footing.records() + " records");
          case Damaged damaged ->
              table.row(damaged.offset(), "", "DAMAGED", "", "", "", damaged.actual());
        }
      }
      return table;
    }

    private static String kind(LogRecord record) {
      return record.kind().name().toLowerCase(Locale.ROOT);
    }

    private static String what(LogRecord record) {
      return switch (record) {
        case LogRecord.Patch patch ->
            "patch "
                + patch.number()
                + ": region "
                + patch.region()
                + ", tract "
                + patch.tract()
                + ", "
                + patch.table().size()
                + " pages";
        case LogRecord.Slim slim ->
            "chunk "
                + slim.number()
                + " at "
                + slim.offset()
                + ": "
                + slim.payloadBytes()
                + " bytes";
        case LogRecord.Manifest manifest -> manifest.payloadBytes() + " bytes";
        case LogRecord.Moved moved ->
            "region "
                + moved.region()
                + ", tract "
                + moved.tract()
                + ", "
                + moved.rows().size()
                + " pages of checkpoints up to "
                + moved.rows().lastChange();
        case LogRecord.MovedSlim slim ->
            "chunk "
                + slim.number()
                + " at "
                + slim.offset()
                + ": "
                + slim.payloadBytes()
                + " bytes";
      };
    }

    private Json document(SegmentInspection segment, List<Item> items, int end) {
      boolean sound = items.stream().noneMatch(Damaged.class::isInstance);
      return new Json()
          .put("file", file.toString())
          .put("segment", segment.number())
          .put("life", hex(segment.life()))
          .put("cluster_id", segment.identity().cluster().toString())
          .put("group_id", segment.identity().group().toString())
          .put("store_id", segment.identity().store().toString())
          .put("sealed_by", segment.end().name().toLowerCase(Locale.ROOT))
          .put("length_bytes", segment.lengthBytes())
          .put("used_bytes", end)
          .put("sound", sound)
          .put(
              "records",
              items.stream()
                  .filter(item -> !damagedOnly || item instanceof Damaged)
                  .map(SegmentFile::json)
                  .toList());
    }

    private static Json json(Item item) {
      Json json = new Json().put("offset", item.offset());
      return switch (item) {
        case Footing footing -> json.put("kind", "footer").put("record_count", footing.records());
        case Damaged damaged ->
            json.put("kind", "damaged")
                .put("expected", damaged.expected())
                .put("actual", damaged.actual());
        case Sound sound -> {
          LogRecord record = sound.record();
          json.put("kind", kind(record))
              .put("bytes", sound.recordBytes())
              .put("image_uid", record.key().image().value())
              .put("checkpoint", record.key().checkpoint().value())
              .put("epoch", record.epoch().value())
              .put("payload_bytes", record.payloadBytes());
          yield switch (record) {
            case LogRecord.Patch patch ->
                json.put("number", patch.number())
                    .put("region", patch.region())
                    .put("tract", patch.tract())
                    .put("page_bytes", patch.pageBytes())
                    .put("page_count", patch.table().size());
            case LogRecord.Moved moved ->
                json.put("region", moved.region())
                    .put("tract", moved.tract())
                    .put("page_bytes", moved.pageBytes())
                    .put("page_count", moved.rows().size());
            case LogRecord.Slim _, LogRecord.MovedSlim _, LogRecord.Manifest _ -> json;
          };
        }
      };
    }

    private static String hex(long life) {
      return String.format(Locale.ROOT, "%016x", life);
    }
  }
}
