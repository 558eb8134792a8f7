package io.hydrant.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void oneLine() {
    Json json =
        new Json()
            .put("name", "a\"b\\c\n\u0001é\ud800")
            .put("count", 3L)
            .put("rate", Double.NaN)
            .put("ok", true)
            .put("none", null)
            .put("left_out", Optional.empty())
            .put("there", Optional.of(7))
            .put("digest", new byte[] {0, (byte) 0xff})
            .put("list", List.of(new Json().put("x", 1), "y"));
    assertEquals(
        "{\"name\":\"a\\\"b\\\\c\\n\\u0001é\\ud800\",\"count\":3,\"rate\":null,\"ok\":true,"
            + "\"none\":null,\"there\":7,\"digest\":\"00ff\",\"list\":[{\"x\":1},\"y\"]}",
        json.toString());
  }

  @Test
  void severalLines() {
    assertEquals(
        """
        {
          "a": [
            1,
            {}
          ],
          "b": []
        }\
        """,
        new Json().put("a", List.of(1, new Json())).put("b", List.of()).pretty());
  }
}
