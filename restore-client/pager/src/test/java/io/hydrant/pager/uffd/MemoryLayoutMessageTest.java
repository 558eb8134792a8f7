package io.hydrant.pager.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The words in which a monitor says what lies where. */
final class MemoryLayoutMessageTest {
  private static final List<HandOver.Mapping> TWO =
      List.of(
          new HandOver.Mapping(0x7f00_0000_0000L, 3L << 30, 0, 4_096),
          new HandOver.Mapping(0x7f10_0000_0000L, 1L << 30, 3L << 30, 4_096));

  @Test
  void whatIsSaidIsHeard() throws IOException {
    assertEquals(TWO, MemoryLayoutMessage.decode(MemoryLayoutMessage.encode(TWO)));
  }

  /** Newer versions name the size of a page in bytes; older ones too, under another name. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"page_size\":2097152,\"page_size_kib\":2097152",
        "\"page_size\":2097152",
        "\"page_size_kib\":2097152",
        "\"page_size_kib\":2048",
        "\"page_size\":2097152,\"later\":[1]"
      })
  void allVersionsAreUnderstood(String pageSize) throws IOException {
    String text =
        "[{\"base_host_virt_addr\":140737488355328,\"size\":4194304,\"offset\":8388608,"
            + pageSize
            + "}]";
    assertEquals(
        List.of(new HandOver.Mapping(140_737_488_355_328L, 4 << 20, 8 << 20, 2 << 20)),
        MemoryLayoutMessage.decode(text));
  }

  @Test
  void theFirstVersionsKnewSmallPagesOnly() throws IOException {
    assertEquals(
        List.of(new HandOver.Mapping(4_096, 8_192, 0, 4_096)),
        MemoryLayoutMessage.decode("[{\"base_host_virt_addr\":4096,\"size\":8192,\"offset\":0}]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "[1]",
        "[{}]",
        "nonsense",
        "[{\"base_host_virt_addr\":1,\"size\":1,\"offset\":0,\"page_size\":\"4096\"}]",
        "[{\"base_host_virt_addr\":1e300,\"size\":1,\"offset\":0,\"page_size\":4096}]",
        "[{\"base_host_virt_addr\":1.5,\"size\":1,\"offset\":0,\"page_size\":4096}]",
        "[{\"base_host_virt_addr\":1,\"size\":1,\"offset\":0,\"page_size\":4294967296}]",
        "[{\"base_host_virt_addr\":1,\"size\":1,\"offset\":0,\"page_size\":4096}"
      })
  void whatMakesNoSenseIsRefused(String text) {
    assertThrows(IOException.class, () -> MemoryLayoutMessage.decode(text));
  }
}
