package io.hydrant.node.cluster;

import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.BlankDirectory;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blank node until it belongs to a group. All that it promises lasts over a crash, so that an
 * initialisation that was cut off can be finished, by the same token alone.
 *
 * <pre>
 * state            prepare, same token   prepare, other token   commit
 * WAITING          -> PROMISED           -> PROMISED            refused
 * PROMISED(token)  -> PROMISED           refused                -> ADOPTED if it is what was promised
 * ADOPTED(token)   repeated              refused                repeated
 * </pre>
 */
public final class WaitingNode implements PeerDoor {
  private static final Logger LOG = LoggerFactory.getLogger(WaitingNode.class);

  private final BlankDirectory directory;
  private final RandomGenerator random;
  private final CompletableFuture<DataDirectory> adopted = new CompletableFuture<>();
  private HelloRequest self;
  private Optional<NodeIdentity> identity = Optional.empty();

  /**
   * @param self blank
   */
  public WaitingNode(BlankDirectory directory, HelloRequest self, RandomGenerator random) {
    this.directory = directory;
    this.self = self;
    this.random = random;
  }

  /** How this node introduces itself; blank until it is adopted. */
  public synchronized HelloRequest self() {
    return self;
  }

  /** Completes when the directory is one of several, durably. */
  public CompletableFuture<DataDirectory> adopted() {
    return adopted;
  }

  /** Whether anything was promised, to whom. */
  public Optional<UUID> promisedTo() {
    return directory.promise().flatMap(NodeIdentity::adoption).map(Adoption::token);
  }

  /** Judges nobody: it has no group yet. */
  @Override
  public CompletableFuture<HelloResponse> hello(HelloRequest request) {
    return CompletableFuture.completedFuture(HelloResponse.newBuilder().setSelf(self()).build());
  }

  /** Answers whoever wants to make this node part of a group. */
  @Override
  public AdoptResponse adopt(AdoptRequest request) {
    AdoptResponse answer;
    Optional<DataDirectory> made = Optional.empty();
    synchronized (this) {
      if (identity.isPresent()) {
        return Adopting.answer(request, self, identity.get());
      }
      try {
        NodeIdentity asked =
            Adopting.identity(
                request,
                self,
                directory
                    .promise()
                    .map(promised -> promised.store().store())
                    .orElseGet(() -> new UUID(random.nextLong(), random.nextLong())));
        if (!request.getCommit()) {
          return prepare(asked);
        }
        if (!directory.promise().equals(Optional.of(asked))) {
          return Adopting.refused(
              self, Reason.REASON_NOT_INITIALISED, "did not promise this: begin anew");
        }
        DataDirectory data = directory.keepPromise();
        identity = Optional.of(data.identity());
        self = Introduction.of(self, data.identity().known());
        made = Optional.of(data);
        answer = Adopting.accepted(self);
      } catch (IllegalArgumentException e) {
        return Adopting.refused(self, Reason.REASON_INVALID, String.valueOf(e.getMessage()));
      } catch (IOException e) {
        LOG.error("the data directory cannot be made", e);
        return Adopting.refused(
            self, Reason.REASON_INTERNAL, "its data directory cannot be made: " + e.getMessage());
      }
    }
    made.ifPresent(adopted::complete);
    return answer;
  }

  private AdoptResponse prepare(NodeIdentity asked) throws IOException {
    Optional<NodeIdentity> promised = directory.promise();
    if (promised.isPresent() && !Adopting.sameToken(promised.get(), asked)) {
      return Adopting.refused(
          self,
          Reason.REASON_NAME_TAKEN,
          "is promised to another initialisation: finish that one with --token %s, or empty the data directory and start anew"
              .formatted(promisedTo().map(UUID::toString).orElse("")));
    }
    if (!promised.equals(Optional.of(asked))) {
      directory.promise(asked);
    }
    return Adopting.accepted(self);
  }
}
