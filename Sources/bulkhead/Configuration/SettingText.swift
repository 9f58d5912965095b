import DataModel

/// Reads the kinds of values that settings have. Each answers nil for a text that is none of its kind.
enum SettingText {
  /// `512MiB`, `2GiB`, `1000000`; `0` and `none`: no limit.
  static func bytes(_ text: String) -> Int64? {
    if text == "none" { return 0 }
    let digits = text.prefix(while: { $0.isASCII && $0.isNumber })
    guard let number = Int64(digits), let scale = units[String(text.dropFirst(digits.count))] else {
      return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
    return overflow ? nil : bytes
  }

  static func bytesText(_ bytes: Int64) -> String {
    if bytes == 0 { return "none" }
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes % (1 << Int64(shift)) == 0 {
      return "\(bytes >> Int64(shift))\(unit)"
    }
    return String(bytes)
  }

  /// `30d`, `12h`, `none`: in milliseconds, exactly as it is written again by `durationText`.
  static func duration(_ text: String) -> Milliseconds? { DurationText.milliseconds(text) }

  static func durationText(_ milliseconds: Milliseconds) -> String {
    if milliseconds == 0 { return "none" }
    for (unit, scale) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
      as [(String, Int64)]
    where milliseconds % scale == 0 {
      return "\(milliseconds / scale)\(unit)"
    }
    return "\(milliseconds)ms"
  }

  /// 64 hexadecimal digits.
  static func isHash(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private static let units: [String: Int64] = [
    "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "kB": 1000,
    "MB": 1_000_000,
    "GB": 1_000_000_000,
  ]
}
