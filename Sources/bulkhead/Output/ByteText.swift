/// Amounts of memory as people read them.
enum ByteText {
  private static let units = ["B", "KiB", "MiB", "GiB", "TiB"]

  /// "0 B", "640 B", "12.3 MiB".
  static func text(bytes: Int64) -> String {
    var unit = 0
    if bytes < 1024 { return "\(bytes) B" }
    var value = Double(bytes)
    while value >= 1023.95, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// "1,204".
  static func count(_ number: Int64) -> String {
    var digits = Array(String(abs(number)))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }
}
