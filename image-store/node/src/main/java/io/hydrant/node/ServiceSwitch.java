package io.hydrant.node;

import io.grpc.BindableService;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a server's port offers at present: a node that waits to be made part of a cluster keeps its
 * ports when it becomes one of several.
 */
final class ServiceSwitch extends HandlerRegistry {
  /** All methods of the product begin so; others do not exist. */
  private static final String OURS = "hydrant.";

  private volatile Offer offer = new Offer(List.of(), Map.of(), Optional.empty());

  private record Offer(
      List<ServerServiceDefinition> services,
      Map<String, ServerMethodDefinition<?, ?>> methods,
      Optional<Supplier<StatusRuntimeException>> otherwise) {}

  /** Offers these. */
  void offer(List<ServerServiceDefinition> services) {
    set(services, Optional.empty());
  }

  /**
   * Offers these, for now.
   *
   * @param otherwise how all other methods of the product end
   */
  void offer(List<ServerServiceDefinition> services, Supplier<StatusRuntimeException> otherwise) {
    set(services, Optional.of(otherwise));
  }

  private void set(
      List<ServerServiceDefinition> services,
      Optional<Supplier<StatusRuntimeException>> otherwise) {
    Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        methods.put(method.getMethodDescriptor().getFullMethodName(), method);
      }
    }
    offer = new Offer(List.copyOf(services), Map.copyOf(methods), otherwise);
  }

  static List<ServerServiceDefinition> definitions(List<BindableService> services) {
    return services.stream().map(BindableService::bindService).toList();
  }

  @Override
  public List<ServerServiceDefinition> getServices() {
    return offer.services();
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String method, @Nullable String authority) {
    Offer current = offer;
    ServerMethodDefinition<?, ?> offered = current.methods().get(method);
    if (offered != null || !method.startsWith(OURS)) {
      return offered;
    }
    return current.otherwise().map(ending -> ended(method, ending)).orElse(null);
  }

  private static ServerMethodDefinition<?, ?> ended(
      String method, Supplier<StatusRuntimeException> ending) {
    MethodDescriptor<InputStream, InputStream> descriptor =
        MethodDescriptor.<InputStream, InputStream>newBuilder(AS_IT_IS, AS_IT_IS)
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(method)
            .build();
    ServerCallHandler<InputStream, InputStream> handler =
        (call, _) -> {
          StatusRuntimeException end = ending.get();
          Metadata trailers = end.getTrailers();
          call.close(Status.fromThrowable(end), trailers == null ? new Metadata() : trailers);
          return new ServerCall.Listener<>() {};
        };
    return ServerMethodDefinition.create(descriptor, handler);
  }

  private static final MethodDescriptor.Marshaller<InputStream> AS_IT_IS =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(InputStream value) {
          return value;
        }

        @Override
        public InputStream parse(InputStream stream) {
          return new ByteArrayInputStream(new byte[0]);
        }
      };
}
