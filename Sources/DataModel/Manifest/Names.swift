/// The grammars of names.
package enum Names {
  /// `[a-z][a-z0-9_-]*`, 64 bytes at most.
  package static func isPluginID(_ text: String) -> Bool { isName(text, limit: 64, also: "_-") }

  /// `[a-z][a-z0-9._-]*`, 128 bytes at most.
  static func isActionName(_ text: String) -> Bool { isName(text, limit: 128, also: "._-") }

  /// `[A-Za-z_][A-Za-z0-9_-]*`, 128 bytes at most: no '.' and no '/', which join names to paths.
  static func isPropertyName(_ text: String) -> Bool {
    guard let first = text.first, first == "_" || (first.isASCII && first.isLetter) else { return false }
    return text.utf8.count <= 128
      && text.unicodeScalars.allSatisfy {
        $0 == "_" || $0 == "-" || ($0.isASCII && $0.properties.isAlphabetic) || isDigit($0)
      }
  }

  private static func isName(_ text: String, limit: Int, also punctuation: String) -> Bool {
    guard let first = text.unicodeScalars.first, isLower(first) else { return false }
    return text.utf8.count <= limit
      && text.unicodeScalars.allSatisfy {
        isLower($0) || isDigit($0) || punctuation.unicodeScalars.contains($0)
      }
  }

  private static func isLower(_ scalar: Unicode.Scalar) -> Bool { scalar >= "a" && scalar <= "z" }
  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }
}
