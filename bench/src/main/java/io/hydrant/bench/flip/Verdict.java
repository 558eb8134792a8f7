package io.hydrant.bench.flip;

import io.hydrant.bench.flip.Place.Kind;
import io.hydrant.bench.flip.Place.PageRow;
import io.hydrant.v1.ScrubFinding;
import io.hydrant.v1.ScrubFindingKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How a flip was found. */
enum Verdict {
  /** A finding names image, checkpoint and page, and the place. */
  PAGE_NAMED,
  /** A finding names the file and a place within the part that was struck. */
  PLACE_NAMED,
  /** A finding names the file of a struck header or footer, and another part of it. */
  FILE_NAMED,
  /** Its segment was given back before the pass came to it: all that it held was verified. */
  GONE,
  NOT_FOUND;

  boolean isFound() {
    return switch (this) {
      case PAGE_NAMED, PLACE_NAMED, FILE_NAMED -> true;
      case GONE, NOT_FOUND -> false;
    };
  }

  static Verdict of(Flip flip, List<ScrubFinding> findings) {
    Place place = flip.place();
    boolean placeNamed = false;
    boolean fileNamed = false;
    for (ScrubFinding finding : findings) {
      Path path = Path.of(finding.getPath());
      boolean here = place.has(path, finding.getOffset());
      if (here && place.page().map(row -> names(finding, row)).orElse(false)) {
        return PAGE_NAMED;
      }
      placeNamed |= here;
      fileNamed |=
          place.kind() != Kind.PAYLOAD
              && finding.getKind() == ScrubFindingKind.SCRUB_FINDING_KIND_SEGMENT
              && place.file().equals(path);
    }
    if (placeNamed) {
      return PLACE_NAMED;
    }
    return fileNamed ? FILE_NAMED : Files.exists(place.file()) ? NOT_FOUND : GONE;
  }

  private static boolean names(ScrubFinding finding, PageRow row) {
    return finding.getKind() == ScrubFindingKind.SCRUB_FINDING_KIND_PAGE
        && finding.getImageUid() == row.image()
        && !finding.getImage().isEmpty()
        && finding.getCheckpoint() == row.writer()
        && finding.getPage() == row.page();
  }
}
