package io.hydrant.cli;

import com.google.protobuf.ByteString;
import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.Image;
import io.hydrant.v1.Region;
import io.hydrant.v1.RetentionTier;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** The JSON forms of what the API speaks of; names are stable, see docs/cli.md. */
final class Documents {
  private Documents() {}

  static Json image(Image image) {
    return new Json()
        .put("name", image.getName())
        .put("uid", image.getUid())
        .put("epoch", image.getEpoch())
        .put("head", image.getHead())
        .put("checkpoint_count", image.getCheckpointCount())
        .put("keep_last", image.getRetention().getKeepLast())
        .put("keep_for_millis", image.getRetention().getKeepForMillis())
        .put(
            "keep_every",
            image.getRetention().getTiersList().stream().map(Documents::tier).toList())
        .put("quota_bytes", image.getQuotaBytes())
        .put("durability", shortName(image.getDurability(), "DURABILITY_"))
        .put("open_session_count", image.getOpenSessionCount())
        .put("length_bytes", lengthBytes(image.getRegionsList()))
        .put("created_at", Amounts.isoTime(image.getCreatedMillis()))
        .put("deleting", image.getDeleting())
        .put("regions", image.getRegionsList().stream().map(Documents::region).toList());
  }

  private static Json tier(RetentionTier tier) {
    return new Json()
        .put("spacing_millis", tier.getSpacingMillis())
        .put("window_millis", tier.getWindowMillis());
  }

  static Json region(Region region) {
    return new Json()
        .put("name", region.getName())
        .put("kind", shortName(region.getKind(), "REGION_KIND_"))
        .put("page_bytes", region.getPageBytes())
        .put("length_bytes", region.getLengthBytes());
  }

  static Json checkpoint(Checkpoint checkpoint) {
    return new Json()
        .put("id", checkpoint.getId())
        .put("base", checkpoint.getBase())
        .put("kind", shortName(checkpoint.getKind(), "CHECKPOINT_KIND_"))
        .put("state", shortName(checkpoint.getState(), "CHECKPOINT_STATE_"))
        .put("epoch", checkpoint.getEpoch())
        .put("committed_at", Amounts.isoTime(checkpoint.getCommittedMillis()))
        .put("page_count", checkpoint.getPageCount())
        .put("data_bytes", checkpoint.getDataBytes())
        .put("slim_bytes", checkpoint.getSlimBytes())
        .put("pinned", checkpoint.getPinned())
        .put("names", checkpoint.getNamesList())
        .put("digest", hex(checkpoint.getDigest()))
        .put("regions", checkpoint.getRegionsList().stream().map(Documents::region).toList());
  }

  static long lengthBytes(List<Region> regions) {
    return regions.stream().mapToLong(Region::getLengthBytes).sum();
  }

  static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  /** "full" for CHECKPOINT_KIND_FULL. */
  static String shortName(Enum<?> value, String prefix) {
    String name = value.name();
    return (name.startsWith(prefix) ? name.substring(prefix.length()) : name)
        .toLowerCase(Locale.ROOT);
  }
}
