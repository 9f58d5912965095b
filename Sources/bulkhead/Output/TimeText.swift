import DataModel

/// Points in time as text, always in UTC.
enum TimeText {
  /// RFC 3339 with milliseconds: `2026-03-01T09:05:00.250Z`.
  static func rfc3339(_ time: Milliseconds) -> String {
    let parts = Parts(time)
    return parts.date + "T" + parts.clock + "." + digits(parts.millisecond, 3) + "Z"
  }

  /// For people, to the second: `2026-03-01 09:05:00Z`.
  static func short(_ time: Milliseconds) -> String {
    let parts = Parts(time)
    return parts.date + " " + parts.clock + "Z"
  }

  /// With milliseconds, for logs and events: `2026-03-01 09:05:00.250Z`.
  static func precise(_ time: Milliseconds) -> String {
    let parts = Parts(time)
    return parts.date + " " + parts.clock + "." + digits(parts.millisecond, 3) + "Z"
  }

  /// The point in time and how long ago that was.
  static func withAge(_ time: Milliseconds, now: Milliseconds) -> String {
    short(time) + " (" + DurationText.text(milliseconds: now - time) + " ago)"
  }

  private struct Parts {
    let date: String
    let clock: String
    let millisecond: Int64

    init(_ time: Milliseconds) {
      let dayLength: Int64 = 86_400_000
      var days = time / dayLength
      var rest = time % dayLength
      if rest < 0 {
        rest += dayLength
        days -= 1
      }
      let (year, month, day) = Self.civil(days)
      date = digits(year, 4) + "-" + digits(month, 2) + "-" + digits(day, 2)
      clock =
        digits(rest / 3_600_000, 2) + ":" + digits(rest / 60_000 % 60, 2) + ":" + digits(rest / 1000 % 60, 2)
      millisecond = rest % 1000
    }

    /// Day number since 1970-01-01 to the Gregorian calendar: years counted from March, so that the leap day is
    /// the last of its year.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
      let shifted = days + 719_468
      let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
      let dayOfEra = shifted - era * 146_097
      let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
      let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
      let fromMarch = (5 * dayOfYear + 2) / 153
      let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
      let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
      return (year, month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
    }
  }
}

private func digits(_ value: Int64, _ count: Int) -> String {
  let text = String(value)
  return String(repeating: "0", count: max(0, count - text.count)) + text
}
