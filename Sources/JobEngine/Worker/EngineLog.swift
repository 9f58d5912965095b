import Glibc
import Threading

/// The worker's own log: lines on standard error, which `serve` keeps.
package enum EngineLog {
  package static func info(_ text: String) { write("info", text) }
  package static func error(_ text: String) { write("error", text) }

  /// One entry is one line, whatever a file or a job calls itself.
  private static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.reduce(into: "") { line, scalar in
      if isControl(scalar) {
        line += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Also what turns the direction of a line, or ends one for some viewers.
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  private static func write(_ level: String, _ text: String) {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let two = { (n: Int32) in n < 10 ? "0\(n)" : "\(n)" }
    let stamp =
      "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    let line = Array("\(stamp) \(level) \(escaped(text))\n".utf8)
    // One write keeps lines of several processes whole; a log that cannot be written stops nothing.
    _ = line.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
