package io.hydrant.pager.uffd;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a virtual machine monitor says of its memory when it hands over its userfaultfd, in the
 * words of Firecracker (docs/snapshotting/handling-page-faults-on-snapshot-resume.md): an array of
 * objects.
 *
 * <pre>
 * base_host_virt_addr   where a piece begins in its memory
 * size                  bytes
 * offset                where the piece begins in the snapshot's memory file: in the region, here
 * page_size             of the kernel there, bytes
 * page_size_kib         the same, from older versions, in bytes in spite of its name
 * </pre>
 */
final class MemoryLayoutMessage {
  private static final int PAGE_BYTES_LEAST = 4_096;
  private static final int KIBIBYTE = 1_024;
  private static final int PIECES_MAX = 4_096;

  private MemoryLayoutMessage() {}

  static String encode(List<HandOver.Mapping> mappings) {
    JsonArray array = new JsonArray();
    for (HandOver.Mapping mapping : mappings) {
      JsonObject object = new JsonObject();
      object.addProperty("base_host_virt_addr", mapping.address());
      object.addProperty("size", mapping.bytes());
      object.addProperty("offset", mapping.offset());
      object.addProperty("page_size", mapping.pageBytes());
      object.addProperty("page_size_kib", mapping.pageBytes());
      array.add(object);
    }
    return array.toString();
  }

  /**
   * @throws IOException if it is no such message; says what is wrong with it
   */
  static List<HandOver.Mapping> decode(String text) throws IOException {
    try {
      JsonArray array = new Gson().fromJson(text, JsonArray.class);
      if (array == null || array.isEmpty() || array.size() > PIECES_MAX) {
        throw new IOException("a layout of 1 to " + PIECES_MAX + " pieces of memory is needed");
      }
      List<HandOver.Mapping> mappings = new ArrayList<>();
      for (JsonElement element : array) {
        mappings.add(mapping(element.getAsJsonObject()));
      }
      return mappings;
    } catch (JsonParseException
        | IllegalStateException
        | IllegalArgumentException
        | ArithmeticException e) {
      throw new IOException("the layout of the memory makes no sense: " + e.getMessage(), e);
    }
  }

  private static HandOver.Mapping mapping(JsonObject object) {
    return new HandOver.Mapping(
        number(object, "base_host_virt_addr"),
        number(object, "size"),
        number(object, "offset"),
        pageBytes(object));
  }

  private static int pageBytes(JsonObject object) {
    if (!object.has("page_size") && !object.has("page_size_kib")) {
      return PAGE_BYTES_LEAST; // of the first versions
    }
    long said =
        object.has("page_size") ? number(object, "page_size") : number(object, "page_size_kib");
    return Math.toIntExact(said < PAGE_BYTES_LEAST ? said * KIBIBYTE : said);
  }

  private static long number(JsonObject object, String name) {
    if (object.get(name) instanceof JsonPrimitive value && value.isNumber()) {
      return value.getAsBigDecimal().longValueExact();
    }
    throw new IllegalArgumentException("'" + name + "' is missing, or no number");
  }
}
