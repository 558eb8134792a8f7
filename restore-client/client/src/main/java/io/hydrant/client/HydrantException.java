package io.hydrant.client;

import org.jspecify.annotations.Nullable;

/**
 * What a call of this library ends with when it does not succeed. The subclass says what to do
 * next:
 *
 * <table>
 * <caption>kinds</caption>
 * <tr><td>{@link RejectedException}</td><td>the server refused; nothing changed; repeating does not help
 *     before its message is heeded</td></tr>
 * <tr><td>{@link UnavailableException}</td><td>nothing changed, as far as this call goes; retries within
 *     its deadline did not help; may be tried later</td></tr>
 * <tr><td>{@link UnknownOutcomeException}</td><td>may or may not have happened</td></tr>
 * <tr><td>{@link DamagedPageException}</td><td>bytes failed their check and were refused</td></tr>
 * <tr><td>{@link ProtocolViolationException}</td><td>the server's answer breaks the API</td></tr>
 * <tr><td>{@link CancelledException}</td><td>this process gave the call up</td></tr>
 * </table>
 */
public abstract sealed class HydrantException extends RuntimeException
    permits RejectedException,
        UnavailableException,
        UnknownOutcomeException,
        DamagedPageException,
        ProtocolViolationException,
        CancelledException {
  private static final long serialVersionUID = 1L;

  HydrantException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
