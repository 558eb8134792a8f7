package io.hydrant.node.damage;

import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Voters;
import java.util.Collection;
import java.util.List;

/** The other members, asked for what they have of pages that are bad somewhere. */
public interface CopyWitnesses {
  /**
   * What one of them said.
   *
   * @param peer in this life
   * @param answers one a version, as they were asked for
   * @param bad what is known to be bad there
   */
  record Told(PeerLife peer, List<Answer> answers, List<StoredVersion> bad) {
    public Told {
      answers = List.copyOf(answers);
      bad = List.copyOf(bad);
    }
  }

  /** Asks all that can be reached; blocks on them. */
  Collection<Told> ask(List<StoredVersion> versions);

  /** The lives in which the others were heard of a moment ago. */
  Collection<PeerLife> lives();

  /** Whose word is needed. */
  Voters voters();

  /** Of a group of one: there is nobody. */
  static CopyWitnesses alone(String self) {
    return new CopyWitnesses() {
      @Override
      public Collection<Told> ask(List<StoredVersion> versions) {
        return List.of();
      }

      @Override
      public Collection<PeerLife> lives() {
        return List.of();
      }

      @Override
      public Voters voters() {
        return Voters.of(java.util.Set.of(self));
      }
    };
  }
}
