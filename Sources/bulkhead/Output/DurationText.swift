/// Lengths of time as people write and read them.
enum DurationText {
  /// Parses `250ms`, `30s`, `5m`, `2h`, `1d`, `1.5s` and sums such as `1h30m`, in milliseconds; `none` and `0`
  /// are 0. Nil for anything else, and for what does not fit. A number needs its unit.
  static func milliseconds(_ text: String) -> Int64? {
    if text == "0" || text == "none" { return 0 }
    var rest = Substring(text)
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
      let number = rest.prefix(while: { $0.isASCII && ($0.isNumber || $0 == ".") })
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix(while: { $0.isASCII && $0.isLetter })
      rest = rest.dropFirst(unit.count)
      guard let scale = units[String(unit)], let part = scaled(number, by: scale) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(part)
      if overflow { return nil }
      total = sum
    }
    return total
  }

  /// Three figures at most: `250ms`, `3.2s`, `42s`, `5m 03s`, `2h 05m`, `3d 04h`.
  static func text(milliseconds: Int64) -> String {
    let value = max(0, milliseconds)
    let seconds = value / 1000
    switch seconds {
    case 0: return "\(value)ms"
    case 1..<10: return "\(seconds).\(value % 1000 / 100)s"
    case 10..<60: return "\(seconds)s"
    case 60..<3600: return "\(seconds / 60)m " + twoDigits(seconds % 60) + "s"
    case 3600..<86_400: return "\(seconds / 3600)h " + twoDigits(seconds % 3600 / 60) + "m"
    default: return "\(seconds / 86_400)d " + twoDigits(seconds % 86_400 / 3600) + "h"
    }
  }

  /// The biggest unit alone, for columns: `3s`, `5m`, `2h`, `9d`.
  static func age(milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3600: return "\(seconds / 60)m"
    case ..<86_400: return "\(seconds / 3600)h"
    default: return "\(seconds / 86_400)d"
    }
  }

  private static let units: [String: Int64] = [
    "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
  ]

  /// A decimal number times `scale`; digits finer than a millisecond are cut off.
  private static func scaled(_ number: Substring, by scale: Int64) -> Int64? {
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let whole = Int64(first) else { return nil }
    let (value, overflow) = whole.multipliedReportingOverflow(by: scale)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return value }
    let digits = parts[1].prefix(9)
    guard !digits.isEmpty, let fraction = Int64(digits), parts[1].allSatisfy(\.isNumber) else { return nil }
    let divisor = (0..<digits.count).reduce(Int64(1)) { power, _ in power * 10 }
    let (sum, tooMuch) = value.addingReportingOverflow(fraction * scale / divisor)
    return tooMuch ? nil : sum
  }

  private static func twoDigits(_ value: Int64) -> String {
    value < 10 ? "0\(value)" : String(value)
  }
}
