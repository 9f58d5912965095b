import Testing

@testable import bulkhead

@Suite struct SafeTextTests {
  @Test(
    "what a terminal would act on is shown as an escape",
    arguments: [
      ("plain text, ünïcödé 日本", "plain text, ünïcödé 日本"), ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
      ("\u{1B}[31m", "\\x1b[31m"),
      ("\u{0}", "\\x00"), ("\u{7F}", "\\x7f"), ("\u{9B}31m", "\\x9b31m"),
      ("\u{202E}gpj.exe", "\\u{202e}gpj.exe"),
      ("e\u{301}", "e\u{301}"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("a\r\nb", "a\\r\\nb"),
    ])
  func escape(text: String, shown: String) { #expect(SafeText.escape(text) == shown) }

  @Test("lines are split before they are escaped, empty ones are left out")
  func lines() { #expect(SafeText.lines("a\n\nb\tc\n") == ["a", "b\\tc"]) }
}

@Suite struct DisplayWidthTests {
  @Test(
    "columns are counted as terminals do",
    arguments: [
      ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한글", 4), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("ｗ", 2),
      ("…", 1),
      ("❤\u{FE0F}", 2), ("a\u{200B}b", 2),
    ])
  func width(text: String, columns: Int) { #expect(DisplayWidth.of(text) == columns) }

  @Test("text is cut between characters, never inside one")
  func truncate() {
    #expect(DisplayWidth.truncate("hello", to: 5) == "hello")
    #expect(DisplayWidth.truncate("hello", to: 4) == "hel…")
    #expect(DisplayWidth.truncate("日本語", to: 4) == "日…")
    #expect(DisplayWidth.truncate("e\u{301}e\u{301}e\u{301}", to: 2) == "e\u{301}…")
    #expect(DisplayWidth.truncate("hello", to: 1) == "…")
    #expect(DisplayWidth.truncate("hello", to: 0) == "")
  }
}

@Suite struct DurationTextTests {
  @Test(
    "durations are read with their unit",
    arguments: [
      ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000), ("1.5s", 1500),
      ("0.25h", 900_000), ("1h30m", 5_400_000), ("1m0.5s", 60_500), ("0", 0), ("none", 0), ("0s", 0),
      ("1.9999ms", 1),
    ])
  func reads(text: String, milliseconds: Int64) { #expect(DurationText.milliseconds(text) == milliseconds) }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "5", "s", "5x", "-5s", "5 s", "1.s", ".5s", "1..5s", "1.2.3s", "9223372036854775807s",
      "106751991168d", "٣s",
      "5S", "1e3s",
    ])
  func refuses(text: String) { #expect(DurationText.milliseconds(text) == nil) }

  @Test(
    "durations are written short",
    arguments: [
      (-5, "0ms"), (0, "0ms"), (999, "999ms"), (1000, "1.0s"), (9999, "9.9s"), (10_000, "10s"),
      (59_999, "59s"),
      (60_000, "1m 00s"), (303_000, "5m 03s"), (7_500_000, "2h 05m"), (273_600_000, "3d 04h"),
    ] as [(Int64, String)])
  func writes(milliseconds: Int64, text: String) {
    #expect(DurationText.text(milliseconds: milliseconds) == text)
  }

  @Test("ages have one unit")
  func ages() {
    #expect(
      [0, 59_999, 60_000, 3_600_000, 90_000_000].map { DurationText.age(milliseconds: $0) } == [
        "0s", "59s", "1m", "1h", "1d",
      ])
  }
}

@Suite struct TimeTextTests {
  @Test(
    "times are UTC with milliseconds",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_772_355_900_250, "2026-03-01T09:05:00.250Z"),
      (951_827_696_001, "2000-02-29T12:34:56.001Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func rfc3339(time: Int64, text: String) { #expect(TimeText.rfc3339(time) == text) }

  @Test("people read the age too")
  func withAge() { #expect(TimeText.withAge(0, now: 65_000) == "1970-01-01 00:00:00Z (1m 05s ago)") }
}
