package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.util.ProtoUtils;

/** Ratis' configurations as memberships; peers are sorted by id, since Ratis keeps no order. */
final class Members {
  private Members() {}

  static Membership of(RaftConfiguration configuration) {
    return new Membership(
        configuration.getLogEntryIndex(),
        peers(configuration.getCurrentPeers()),
        peers(configuration.getPreviousPeers()),
        peers(configuration.getCurrentPeers(RaftPeerRole.LISTENER)));
  }

  static Membership of(long index, RaftConfigurationProto configuration) {
    return new Membership(
        index,
        peersOf(configuration.getPeersList()),
        peersOf(configuration.getOldPeersList()),
        peersOf(configuration.getListenersList()));
  }

  static List<RaftPeer> raftPeers(List<Peer> peers) {
    return peers.stream().map(RaftSettings::raftPeer).toList();
  }

  private static List<Peer> peersOf(List<RaftPeerProto> peers) {
    return peers(peers.stream().map(ProtoUtils::toRaftPeer).toList());
  }

  private static List<Peer> peers(Collection<RaftPeer> peers) {
    return peers.stream().map(RaftSettings::peer).sorted(Comparator.comparing(Peer::id)).toList();
  }
}
