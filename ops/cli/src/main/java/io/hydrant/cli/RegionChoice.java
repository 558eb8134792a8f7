package io.hydrant.cli;

import io.hydrant.v1.PageRange;
import io.hydrant.v1.Region;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One region of an image.
 *
 * @param number its position in the region table
 */
record RegionChoice(int number, Region region) {

  /** The named region, or the only one where none is named. */
  static RegionChoice of(String image, List<Region> regions, @Nullable String name) {
    if (name == null) {
      if (regions.size() == 1) {
        return new RegionChoice(0, regions.getFirst());
      }
      throw new CommandFailure(
          ExitCode.USAGE,
          "image '" + image + "' has " + regions.size() + " regions: " + names(regions),
          "Name one of them with --region.");
    }
    for (int number = 0; number < regions.size(); number++) {
      if (regions.get(number).getName().equals(name)) {
        return new RegionChoice(number, regions.get(number));
      }
    }
    throw new CommandFailure(
        ExitCode.NOT_FOUND,
        "image '" + image + "' has no region '" + name + "'",
        "It has: " + names(regions) + ".");
  }

  static String names(List<Region> regions) {
    return regions.stream().map(Region::getName).collect(Collectors.joining(", "));
  }

  long pages() {
    return region.getLengthBytes() / region.getPageBytes();
  }

  /** The whole region. */
  PageRange range() {
    return range(0, pages());
  }

  PageRange range(long firstPage, long pageCount) {
    return PageRange.newBuilder()
        .setRegion(number)
        .setFirstPage(firstPage)
        .setPageCount(pageCount)
        .build();
  }
}
