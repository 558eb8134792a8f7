package io.hydrant.bench.flip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.bench.flip.Place.Kind;
import io.hydrant.bench.flip.Place.PageRow;
import io.hydrant.v1.ScrubFinding;
import io.hydrant.v1.ScrubFindingKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A flip is found only by a finding that names it. */
class VerdictTest {
  private static final PageRow ROW = new PageRow(7, 42, 3);

  @TempDir private Path directory;
  private Path file = Path.of("segment");

  @BeforeEach
  void makeFile() throws IOException {
    file = Files.createFile(directory.resolve("segment-0000000001.hyd"));
  }

  private Flip page() {
    return new Flip(
        new Place(file, Kind.PAYLOAD, 8_192, 12_288, 4_096, Optional.of(ROW)), 9_000, 1);
  }

  private Flip footer() {
    return new Flip(
        new Place(file, Kind.FOOTER, 20_000, 20_112, 20_000, Optional.empty()), 20_050, 1);
  }

  private ScrubFinding.Builder segment(long offset) {
    return ScrubFinding.newBuilder()
        .setKind(ScrubFindingKind.SCRUB_FINDING_KIND_SEGMENT)
        .setPath(file.toString())
        .setOffset(offset);
  }

  private ScrubFinding.Builder page(long page) {
    return segment(8_192)
        .setKind(ScrubFindingKind.SCRUB_FINDING_KIND_PAGE)
        .setImage("vm")
        .setImageUid(ROW.image())
        .setCheckpoint(ROW.writer())
        .setPage(page);
  }

  private static Verdict verdict(Flip flip, ScrubFinding.Builder... findings) {
    return Verdict.of(flip, List.of(findings).stream().map(ScrubFinding.Builder::build).toList());
  }

  @Test
  void aPageIsNamedByImageCheckpointAndPage() {
    assertEquals(Verdict.PAGE_NAMED, verdict(page(), segment(4_096), page(42)));
    assertEquals(Verdict.PLACE_NAMED, verdict(page(), page(43)));
    assertEquals(Verdict.PLACE_NAMED, verdict(page(), segment(8_192)));
  }

  @Test
  void anotherPlaceOfTheFileIsEnoughForItsStructureOnly() {
    assertEquals(Verdict.PLACE_NAMED, verdict(footer(), segment(20_000)));
    assertEquals(Verdict.FILE_NAMED, verdict(footer(), segment(0)));
    assertEquals(Verdict.NOT_FOUND, verdict(page(), segment(0)));
    assertEquals(Verdict.NOT_FOUND, verdict(footer(), segment(0).setPath("/another")));
  }

  @Test
  void whatIsGoneIsNotFound() throws IOException {
    Files.delete(file);
    assertEquals(Verdict.GONE, verdict(footer()));
  }
}
