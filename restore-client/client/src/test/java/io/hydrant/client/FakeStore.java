package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.PageEncoding;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import io.hydrant.v1.Retention;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.ZeroTracts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A store in memory that follows the rules of the API: what the fake services share. */
final class FakeStore {
  record Key(int region, long page) {}

  record Stored(int encoding, ByteString data, int checksum) {
    static final Stored ZERO =
        new Stored(PageEncoding.PAGE_ENCODING_ZERO_VALUE, ByteString.EMPTY, 0);
  }

  static final class Content {
    final long id;
    final long base;
    final OpenCheckpoint open;
    final List<Region> regions;
    CheckpointState state = CheckpointState.CHECKPOINT_STATE_OPEN;
    final Map<Key, Stored> pages = new HashMap<>();
    final List<Pages> batches = new ArrayList<>();
    final List<ZeroTracts> zeroTracts = new ArrayList<>();
    final List<SlimChunk> slim = new ArrayList<>();
    ByteString digest = ByteString.EMPTY;
    long pageCount;
    long index;

    Content(long id, long base, OpenCheckpoint open, List<Region> regions) {
      this.id = id;
      this.base = base;
      this.open = open;
      this.regions = regions;
    }

    ByteString slimBytes() {
      ByteString all = ByteString.EMPTY;
      for (SlimChunk chunk : slim) {
        all = all.concat(chunk.getData());
      }
      return all;
    }
  }

  static final class ImageData {
    final long uid;
    final String name;
    long epoch;
    long head;
    long nextId = 1;
    Retention retention = Retention.newBuilder().setKeepLast(16).build();
    long quotaBytes;
    final TreeMap<String, Long> names = new TreeMap<>();
    ByteString owner = ByteString.EMPTY;
    final TreeMap<Long, Content> checkpoints = new TreeMap<>();

    ImageData(long uid, String name) {
      this.uid = uid;
      this.name = name;
    }
  }

  private final TreeMap<String, ImageData> images = new TreeMap<>();
  private final Map<ByteString, Long> requests = new HashMap<>();
  private final Map<ByteString, Content> sessions = new HashMap<>();
  private final Map<ByteString, ByteString> sessionOfRequest = new HashMap<>();
  private long nextUid = 1;
  private long index = 100;
  private long nextToken = 1;
  int renewals;

  static StatusRuntimeException refusal(Reason reason, Status.Code code, String message) {
    Metadata trailers = new Metadata();
    trailers.put(Failure.REASON_KEY, reason.name());
    return code.toStatus().withDescription(message).asRuntimeException(trailers);
  }

  /** A rejection inside the write stream. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    final Reason reason;

    Refused(Reason reason, String message) {
      super(message);
      this.reason = reason;
    }
  }

  synchronized ImageData create(String name, ByteString requestId, Retention retention) {
    ImageData existing = images.get(name);
    if (existing != null) {
      Long first = requests.get(requestId);
      if (first != null && first == existing.uid) {
        return existing;
      }
      throw refusal(Reason.REASON_NAME_TAKEN, Status.Code.ALREADY_EXISTS, "name is taken");
    }
    ImageData image = new ImageData(nextUid++, name);
    image.retention =
        retention.getKeepLast() == 0 ? retention.toBuilder().setKeepLast(16).build() : retention;
    images.put(name, image);
    requests.put(requestId, image.uid);
    return image;
  }

  synchronized ImageData find(ImageRef ref) {
    for (ImageData image : images.values()) {
      if (ref.getUid() != 0 ? image.uid == ref.getUid() : image.name.equals(ref.getName())) {
        return image;
      }
    }
    throw refusal(Reason.REASON_UNKNOWN_IMAGE, Status.Code.NOT_FOUND, "no such image");
  }

  synchronized void delete(ImageRef ref) {
    images.remove(find(ref).name);
  }

  synchronized List<Image> list(String prefix, String after, int limit) {
    return images.tailMap(after, false).values().stream()
        .filter(image -> image.name.startsWith(prefix))
        .limit(limit)
        .map(this::describe)
        .toList();
  }

  synchronized ImageData acquire(ImageRef ref, long seen, boolean any, ByteString owner) {
    ImageData image = find(ref);
    if (image.owner.equals(owner)) {
      return image;
    }
    if (!any && seen != image.epoch) {
      throw refusal(Reason.REASON_STALE_EPOCH, Status.Code.FAILED_PRECONDITION, "epoch moved on");
    }
    image.epoch++;
    image.owner = owner;
    image.checkpoints.values().forEach(this::abort);
    return image;
  }

  synchronized Image describe(ImageData image) {
    Image.Builder described =
        Image.newBuilder()
            .setUid(image.uid)
            .setName(image.name)
            .setEpoch(image.epoch)
            .setHead(image.head)
            .setAppliedIndex(index);
    described.setRetention(image.retention).setQuotaBytes(image.quotaBytes);
    if (image.head != 0) {
      described.addAllRegions(get(image, image.head).regions);
    }
    return described.build();
  }

  private static Content get(ImageData image, long id) {
    return Objects.requireNonNull(image.checkpoints.get(id));
  }

  /** The checkpoint with a name; its number where there is no name. */
  synchronized long named(ImageRef ref, String name, long id) {
    if (name.isEmpty()) {
      return id;
    }
    Long named = find(ref).names.get(name);
    if (named == null) {
      throw refusal(Reason.REASON_UNKNOWN_CHECKPOINT, Status.Code.NOT_FOUND, "no such name");
    }
    return named;
  }

  synchronized Checkpoint name(ImageRef ref, long id, String name) {
    ImageData image = find(ref);
    Long holder = image.names.putIfAbsent(name, id);
    if (holder != null && holder != id) {
      throw refusal(Reason.REASON_NAME_TAKEN, Status.Code.ALREADY_EXISTS, "the name is taken");
    }
    List<String> names =
        image.names.entrySet().stream()
            .filter(entry -> entry.getValue() == id)
            .map(Map.Entry::getKey)
            .toList();
    return describe(get(image, id)).toBuilder().addAllNames(names).build();
  }

  synchronized boolean release(ImageRef ref, String name) {
    return find(ref).names.remove(name) != null;
  }

  synchronized Checkpoint describe(Content content) {
    return Checkpoint.newBuilder()
        .setId(content.id)
        .setBase(content.base)
        .setKind(content.open.getKind())
        .setState(content.state)
        .setDigest(content.digest)
        .setPageCount(content.pageCount)
        .setSlimBytes(content.slimBytes().size())
        .addAllRegions(content.regions)
        .build();
  }

  synchronized List<Checkpoint> checkpoints(ImageRef ref) {
    return find(ref).checkpoints.values().stream().map(this::describe).toList();
  }

  /** Opens a checkpoint as an applied entry would. */
  synchronized Content open(OpenCheckpoint open, long base) throws Refused {
    ImageData image = find(HydrantClient.uid(open.getImageUid()));
    if (image.epoch != open.getEpoch()) {
      throw new Refused(Reason.REASON_STALE_EPOCH, "another protector took over");
    }
    boolean full = open.getKind() == CheckpointKind.CHECKPOINT_KIND_FULL;
    Content under = image.checkpoints.get(base);
    if (!full
        && (under == null
            || (base != image.head && under.state != CheckpointState.CHECKPOINT_STATE_OPEN))) {
      throw new Refused(Reason.REASON_WRONG_BASE, "the base is not the head");
    }
    for (Content other : image.checkpoints.values()) {
      if (other.state == CheckpointState.CHECKPOINT_STATE_OPEN && other.id != base) {
        abort(other);
      }
    }
    List<Region> regions =
        full || under == null ? List.copyOf(open.getRegionsList()) : under.regions;
    Content content = new Content(image.nextId++, full ? 0 : base, open, regions);
    index++;
    image.checkpoints.put(content.id, content);
    return content;
  }

  synchronized void abort(Content content) {
    if (content.state == CheckpointState.CHECKPOINT_STATE_OPEN) {
      content.state = CheckpointState.CHECKPOINT_STATE_ABORTED;
      ImageData image = find(HydrantClient.uid(content.open.getImageUid()));
      for (Content other : image.checkpoints.values()) {
        if (other.base == content.id) {
          abort(other);
        }
      }
    }
  }

  synchronized void batch(Content content, Pages batch) throws Refused {
    Region region = content.regions.get(batch.getRegion());
    int offset = 0;
    long tract = -1;
    long last = -1;
    for (int row = 0; row < batch.getPageCount(); row++) {
      long page = batch.getPage(row);
      int encoding = batch.getEncoding().byteAt(row);
      int length =
          batch.getLengthCount() > 0
              ? batch.getLength(row)
              : encoding == PageEncoding.PAGE_ENCODING_RAW_VALUE ? region.getPageBytes() : 0;
      long pageTract = page / Regions.pagesPerTract(region);
      if (page <= last || (tract >= 0 && tract != pageTract)) {
        throw new Refused(Reason.REASON_INVALID, "pages of a batch must ascend in one tract");
      }
      last = page;
      tract = pageTract;
      ByteString data = batch.getData().substring(offset, offset + length);
      offset += length;
      Stored stored = new Stored(encoding, data, batch.getChecksum(row));
      if (content.pages.put(new Key(batch.getRegion(), page), stored) != null) {
        throw new Refused(Reason.REASON_DUPLICATE_PAGE, "page twice");
      }
    }
    if (offset != batch.getData().size()
        || (long) batch.getPageCount() * region.getPageBytes()
            > Math.max(1 << 20, region.getPageBytes())) {
      throw new Refused(Reason.REASON_INVALID, "lengths do not fit the data, or batch too large");
    }
    content.batches.add(batch);
    content.pageCount += batch.getPageCount();
  }

  /** What the replica's own digest is. */
  static ByteString digest(Content content) {
    CheckpointDigest digest = new CheckpointDigest();
    for (Pages batch : content.batches) {
      for (int row = 0; row < batch.getPageCount(); row++) {
        switch (batch.getEncoding().byteAt(row)) {
          case PageEncoding.PAGE_ENCODING_ZERO_VALUE ->
              digest.zero(batch.getRegion(), batch.getPage(row));
          case PageEncoding.PAGE_ENCODING_NOT_KEPT_VALUE ->
              digest.notKept(batch.getRegion(), batch.getPage(row));
          default -> digest.content(batch.getRegion(), batch.getPage(row), batch.getChecksum(row));
        }
      }
    }
    for (ZeroTracts run : content.zeroTracts) {
      digest.zeroTracts(run.getRegion(), run.getFirstTract(), run.getTractCount());
    }
    int[] slim = content.slim.stream().mapToInt(SlimChunk::getChecksum).toArray();
    return ByteString.copyFrom(digest.finish(content.slimBytes().size(), slim));
  }

  /** Commits as an applied entry would; a repeat gets the first answer. */
  synchronized long commit(Content content, CommitCheckpoint claim) throws Refused {
    if (content.state == CheckpointState.CHECKPOINT_STATE_COMMITTED) {
      return content.index;
    }
    ImageData image = find(HydrantClient.uid(content.open.getImageUid()));
    if (content.state != CheckpointState.CHECKPOINT_STATE_OPEN) {
      throw new Refused(Reason.REASON_ABORTED, "it was aborted");
    }
    if (image.epoch != content.open.getEpoch()) {
      throw new Refused(Reason.REASON_STALE_EPOCH, "another protector took over");
    }
    if (content.base != 0 && content.base != image.head) {
      throw new Refused(Reason.REASON_WRONG_BASE, "the base is not the head");
    }
    if (!digest(content).equals(claim.getDigest())
        || claim.getBatchCount() != content.batches.size()
        || claim.getPageCount() != content.pageCount
        || claim.getSlimBytes() != content.slimBytes().size()) {
      throw new Refused(Reason.REASON_DIGEST_MISMATCH, "counts or digest differ");
    }
    if (content.base != 0) {
      get(image, content.base).pages.forEach(content.pages::putIfAbsent);
    }
    for (ZeroTracts run : content.zeroTracts) {
      int pages = Regions.pagesPerTract(content.regions.get(run.getRegion()));
      for (long i = 0; i < run.getTractCount() * pages; i++) {
        Key key = new Key(run.getRegion(), run.getFirstTract() * pages + i);
        content.pages.put(key, Stored.ZERO);
      }
    }
    content.digest = claim.getDigest();
    content.state = CheckpointState.CHECKPOINT_STATE_COMMITTED;
    content.index = ++index;
    image.head = content.id;
    return content.index;
  }

  synchronized @Nullable Content checkpoint(long uid, long id) {
    return find(HydrantClient.uid(uid)).checkpoints.get(id);
  }

  synchronized ByteString openSession(ImageRef ref, long id, ByteString requestId) {
    ByteString known = sessionOfRequest.get(requestId);
    if (known != null) {
      return known;
    }
    ImageData image = find(ref);
    Content content = image.checkpoints.get(id == 0 ? image.head : id);
    if (content == null) {
      throw refusal(Reason.REASON_UNKNOWN_CHECKPOINT, Status.Code.NOT_FOUND, "no such checkpoint");
    }
    if (content.state != CheckpointState.CHECKPOINT_STATE_COMMITTED) {
      throw refusal(Reason.REASON_NOT_COMMITTED, Status.Code.FAILED_PRECONDITION, "not committed");
    }
    ByteString token = ByteString.copyFromUtf8("token-" + nextToken++);
    sessions.put(token, content);
    sessionOfRequest.put(requestId, token);
    return token;
  }

  synchronized Content session(ByteString token) {
    Content content = sessions.get(token);
    if (content == null) {
      throw refusal(Reason.REASON_UNKNOWN_SESSION, Status.Code.NOT_FOUND, "the session has ended");
    }
    return content;
  }

  synchronized void renew(ByteString token) {
    session(token);
    renewals++;
  }

  synchronized void closeSession(ByteString token) {
    session(token);
    sessions.remove(token);
  }

  synchronized int sessionCount() {
    return sessions.size();
  }

  /** Pages in the order asked; those without a record are zero here. */
  static Pages read(Content content, int region, List<Long> asked, boolean skipZero) {
    Pages.Builder pages = Pages.newBuilder().setRegion(region);
    ByteString.Output encodings = ByteString.newOutput();
    ByteString.Output data = ByteString.newOutput();
    Set<Integer> used = new HashSet<>();
    List<Integer> lengths = new ArrayList<>();
    for (long page : asked) {
      Stored stored = content.pages.getOrDefault(new Key(region, page), Stored.ZERO);
      if (skipZero && stored.data().isEmpty()) {
        continue;
      }
      pages.addPage(page).addChecksum(stored.checksum());
      encodings.write(stored.encoding());
      used.add(stored.encoding());
      lengths.add(stored.data().size());
      data.write(stored.data().toByteArray(), 0, stored.data().size());
    }
    if (used.contains(PageEncoding.PAGE_ENCODING_ZSTD_VALUE)) {
      pages.addAllLength(lengths);
    }
    return pages.setEncoding(encodings.toByteString()).setData(data.toByteString()).build();
  }
}
