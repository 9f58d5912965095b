/// Text that came from a job, a plug-in or a file name, made safe to print: the one place where that is done.
enum SafeText {
  /// Shows control characters and those that turn or hide text as escapes (`\n`, `\x1b`, `\u{202e}`), so that
  /// no message moves the cursor, changes colours or reads differently from what it is.
  static func escape(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var safe = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        safe.append(contentsOf: escaped(scalar).unicodeScalars)
      } else {
        safe.append(scalar)
      }
    }
    return String(safe)
  }

  /// The lines of a text, each escaped. A text without characters has no lines.
  static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: true).map { escape(String($0)) }
  }

  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F: true
    // Marks that turn the direction of what follows, line and paragraph separators, the invisible mark at a
    // file's start.
    case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let hex = String(scalar.value, radix: 16)
      if scalar.value > 0xFF { return "\\u{\(hex)}" }
      return "\\x" + (hex.count < 2 ? "0" : "") + hex
    }
  }
}
