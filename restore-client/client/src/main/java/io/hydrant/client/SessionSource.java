package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.Region;
import java.util.List;

/** What a session's readers need to know of it. */
record SessionSource(
    Connections connections,
    ByteString token,
    String name,
    List<Region> regions,
    VerifierPool verifiers) {
  static SessionSource of(Connections connections, OpenRestoreResponse opened) {
    String name =
        "image %d, checkpoint %d".formatted(opened.getImageUid(), opened.getCheckpoint().getId());
    return new SessionSource(
        connections,
        opened.getToken(),
        name,
        List.copyOf(opened.getCheckpoint().getRegionsList()),
        new VerifierPool());
  }

  Region region(int region) {
    if (region < 0 || region >= regions.size()) {
      throw new IllegalArgumentException(
          "%s has regions 0 to %d, not %d".formatted(name, regions.size() - 1, region));
    }
    return regions.get(region);
  }

  void requirePages(int region, long firstPage, long count) {
    Region spec = region(region);
    long pages = Regions.pages(spec);
    if (firstPage < 0 || count < 1 || firstPage >= pages || count > pages - firstPage) {
      throw new IllegalArgumentException(
          "%s: region '%s' has pages 0 to %d; %d from page %d are not among them"
              .formatted(name, spec.getName(), pages - 1, count, firstPage));
    }
  }
}
