package io.hydrant.node.peer;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.hydrant.engine.replica.PeerLife;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: every call names the greeting of its connection, and nobody is served who has not
 * greeted this process in the life in which it calls. A node that was wiped, replaced or copied, or
 * a process that was started anew, has to say so first.
 */
final class CallIdentity implements ServerInterceptor {
  private static final int LIFE_DIGITS = 16;

  /** The caller's life and name: sixteen hexadecimal digits, a dash, the name. */
  private static final Metadata.Key<String> KEY =
      Metadata.Key.of("hydrant-peer", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<PeerLife> CALLER = Context.key("hydrant-peer");

  private final Handshake handshake;

  CallIdentity(Handshake handshake) {
    this.handshake = handshake;
  }

  /** Who made the call that runs now. */
  static PeerLife caller() {
    PeerLife caller = CALLER.get();
    if (caller == null) {
      throw new IllegalStateException("outside of a peer's call");
    }
    return caller;
  }

  /** Names the caller in all its calls. */
  static ClientInterceptor naming(PeerLife self) {
    String text = "%016x-%s".formatted(self.life(), self.node());
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new ForwardingClientCall.SimpleForwardingClientCall<>(
            next.newCall(method, options)) {
          @Override
          public void start(Listener<A> listener, Metadata headers) {
            headers.put(KEY, text);
            super.start(listener, headers);
          }
        };
      }
    };
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String text = headers.get(KEY);
    PeerLife caller = text == null ? null : read(text);
    if (caller == null || !handshake.isAdmitted(caller)) {
      call.close(
          Status.UNAUTHENTICATED.withDescription("say Hello first: " + text), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return Contexts.interceptCall(Context.current().withValue(CALLER, caller), call, headers, next);
  }

  private static @Nullable PeerLife read(String text) {
    if (text.length() <= LIFE_DIGITS + 1 || text.charAt(LIFE_DIGITS) != '-') {
      return null;
    }
    try {
      long life = Long.parseUnsignedLong(text, 0, LIFE_DIGITS, 16);
      return new PeerLife(text.substring(LIFE_DIGITS + 1), life);
    } catch (NumberFormatException _) {
      return null;
    }
  }
}
