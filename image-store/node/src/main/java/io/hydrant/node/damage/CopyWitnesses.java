package io.hydrant.node.damage;

import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.PeerLife;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The other members, asked for what they have of pages that are bad somewhere. */
public interface CopyWitnesses extends AutoCloseable {
  /**
   * What one of them said.
   *
   * @param peer in this life
   * @param answers one a version, as they were asked for; perhaps of the first ones only
   * @param bad what is known to be bad there
   */
  record Told(PeerLife peer, List<Answer> answers, List<StoredVersion> bad) {
    public Told {
      answers = List.copyOf(answers);
      bad = List.copyOf(bad);
    }
  }

  /**
   * Asks all that can be reached; blocks on them.
   *
   * @param versions to be answered
   * @param after what is known to be bad there is told from behind this one on; empty: from the
   *     first one on
   */
  Collection<Told> ask(List<StoredVersion> versions, Optional<StoredVersion> after);

  /** The lives in which the others were heard of a moment ago. */
  Collection<PeerLife> lives();

  /**
   * Whose word is needed: every voter, this node among them, but for one that an operator has
   * declared dead for ever.
   */
  Set<String> needed();

  /** Ends what is asked; any thread. */
  @Override
  void close();

  /** Of a group of one: there is nobody. */
  static CopyWitnesses alone(String self) {
    return new CopyWitnesses() {
      @Override
      public Collection<Told> ask(List<StoredVersion> versions, Optional<StoredVersion> after) {
        return List.of();
      }

      @Override
      public Collection<PeerLife> lives() {
        return List.of();
      }

      @Override
      public Set<String> needed() {
        return Set.of(self);
      }

      @Override
      public void close() {}
    };
  }
}
