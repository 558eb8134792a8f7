package io.hydrant.pager.uffd;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.util.Base64;
import java.util.List;

/**
 * All that a pager needs to go on where another one was killed: the machine, the session, and what
 * is known of its pages. Travels as a line of JSON with three descriptors.
 *
 * <pre>
 * session       what {@code RestoreSession#export} gives, Base64
 * layout        as {@link MemoryLayoutMessage}
 * descriptors   the userfaultfd, the machine's process (pidfd), the record of its pages (memfd)
 * </pre>
 */
public final class Succession {
  static final int DESCRIPTORS = 3;

  private final HandOver machine;
  private final byte[] session;
  private final int record;

  private Succession(HandOver machine, byte[] session, int record) {
    this.machine = machine;
    this.session = session.clone();
    this.record = record;
  }

  /**
   * What a pager leaves, all of which stays its own.
   *
   * @param session as {@code RestoreSession#export} gives it
   * @param record one that can be handed to others
   */
  public static Succession of(HandOver machine, byte[] session, PageRecord record) {
    return new Succession(machine, session, record.descriptor());
  }

  /** The line, without its end. */
  String text() {
    JsonObject object = new JsonObject();
    object.addProperty("session", Base64.getEncoder().encodeToString(session));
    object.add(
        "layout",
        new Gson()
            .fromJson(
                MemoryLayoutMessage.encode(machine.mappings()), com.google.gson.JsonArray.class));
    return object.toString();
  }

  int[] descriptors() {
    return new int[] {machine.userfault().descriptor(), machine.process().descriptor(), record};
  }

  /**
   * What was received.
   *
   * @param descriptors become the succession's, if it makes sense
   */
  static Succession decode(String text, List<Integer> descriptors) throws IOException {
    if (descriptors.size() != DESCRIPTORS) {
      throw new IOException(
          "a succession has %d descriptors, not %d".formatted(DESCRIPTORS, descriptors.size()));
    }
    try {
      JsonObject object = new Gson().fromJson(text, JsonObject.class);
      byte[] session = Base64.getDecoder().decode(object.get("session").getAsString());
      return new Succession(
          new HandOver(
              Userfault.received(descriptors.get(0)),
              MachineProcess.received(descriptors.get(1)),
              MemoryLayoutMessage.decode(object.get("layout").toString())),
          session,
          descriptors.get(2));
    } catch (JsonParseException
        | NullPointerException
        | IllegalStateException
        | IllegalArgumentException
        | UnsupportedOperationException e) {
      throw new IOException("a succession that makes no sense: " + e.getMessage(), e);
    }
  }

  /** The machine; the receiver's from now on. */
  public HandOver machine() {
    return machine;
  }

  /** For {@code HydrantClient#resumeRestore}. */
  public byte[] session() {
    return session.clone();
  }

  /**
   * What is known of its pages; once.
   *
   * @param regions of the session
   * @throws IOException if it is of another image
   */
  public PageRecord record(List<Region> regions) throws IOException {
    return PageRecord.received(record, regions);
  }
}
