package io.hydrant.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class AmountsTest {
  @Test
  void sizesUseBinaryUnits() {
    assertEquals("0 B", Amounts.bytes(0));
    assertEquals("1023 B", Amounts.bytes(1023));
    assertEquals("1.0 KiB", Amounts.bytes(1024));
    assertEquals("16.0 MiB", Amounts.bytes(16 << 20));
    assertEquals("256 MiB", Amounts.bytes(256 << 20));
    assertEquals("8.0 EiB", Amounts.bytes(Long.MAX_VALUE));
  }

  @Test
  void durationsKeepThreeDigits() {
    assertEquals("0.123 ms", Amounts.duration(123_000));
    assertEquals("9.99 ms", Amounts.duration(9_990_000));
    assertEquals("12.3 ms", Amounts.duration(12_300_000));
    assertEquals("1.25 s", Amounts.duration(1_250_000_000));
    assertEquals("3 min 05 s", Amounts.duration(185_000_000_000L));
    assertEquals("2 h 03 min", Amounts.duration(7_380_000_000_000L));
  }

  @Test
  void ratesAreDecimal() {
    assertEquals("500 MB/s", Amounts.rate(1_000_000_000, 2_000_000_000));
    assertEquals(500.0, Amounts.megabytesPerSecond(1_000_000_000, 2_000_000_000));
    assertEquals("-", Amounts.rate(1, 0));
  }

  @Test
  void timesAreLocalForPeopleAndUtcForPrograms() {
    assertEquals("1970-01-01 00:00:01", Amounts.time(1000, ZoneOffset.UTC));
    assertEquals("-", Amounts.time(0, ZoneOffset.UTC));
    assertEquals("1970-01-01T00:00:01.500Z", Amounts.isoTime(1500));
  }
}
