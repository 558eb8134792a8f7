package io.hydrant.node;

import io.hydrant.codecs.ZstdPageCodec;
import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStoreConfig.SnapshotBounds;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.index.rocksdb.RocksDbIndexConfig;
import io.hydrant.index.rocksdb.RocksDbPageIndex;
import io.hydrant.node.config.StorageConfig;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.DataDirectory.Part;
import io.hydrant.node.data.NodeIdentity;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/** Puts the image store together, from the disk up. */
record StoreWiring(
    StorageConfig config, NodeEvents events, RandomGenerator random, ClosingOrder closing) {
  ImageStore open(DataDirectory data) throws IOException {
    return open(data, config.forStore(data.identity().store()));
  }

  /** For a look: whatever is applied is forgotten when it is closed. */
  ImageStore examine(DataDirectory data) throws IOException {
    return open(data, config.forStore(data.identity().store()).with(SnapshotBounds.NEVER));
  }

  private ImageStore open(DataDirectory data, ImageStoreConfig store) throws IOException {
    ZstdPageCodec codec = closing.add(new ZstdPageCodec());
    ExecutorService syncer = closing.add(oneThread("hydrant-sync"));
    ExecutorService snapshots = closing.add(oneThread("hydrant-snapshot"));
    ExecutorService publisher = closing.add(oneThread("hydrant-publish"));
    RocksDbPageIndex index =
        RocksDbPageIndex.open(data.part(Part.INDEX), RocksDbIndexConfig.DEFAULT);
    try {
      return closing.add(
          ImageStore.open(
              store,
              new ImageStorePorts(
                  segmentFiles(data),
                  new JdkStoreFiles(data.part(Part.CATALOG), false),
                  index,
                  codec,
                  random,
                  syncer,
                  snapshots,
                  publisher,
                  () -> isAlone(data.identity()),
                  events)));
    } catch (IOException | RuntimeException e) {
      index.close();
      throw e;
    }
  }

  /** Nobody else has what is not here, and never will; also where the others are lost for ever. */
  private static boolean isAlone(NodeIdentity identity) {
    return identity.adoption().map(how -> how.recovered().isPresent()).orElse(true);
  }

  private StoreFiles segmentFiles(DataDirectory data) throws IOException {
    StoreFiles device = new JdkStoreFiles(data.part(Part.SEGMENTS), config.directWrites());
    StoreFiles files =
        config.capacityBytes() == 0 ? device : CappedFiles.of(device, config.capacityBytes());
    return config.faults().<StoreFiles>map(faults -> new FaultyFiles(files, faults)).orElse(files);
  }

  private static ExecutorService oneThread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> Thread.ofPlatform().name(name).daemon().unstarted(task));
  }
}
