/// The `format`s that are checked. `password` is only kept out of messages.
package enum TextFormat: String, Sendable, CaseIterable {
  case date
  case dateTime = "date-time"
  case hostname
  case ipv4
  case ipv6
  case password
  case uri
  case uuid

  var expectation: String {
    switch self {
    case .date: "a date such as 2026-03-31"
    case .dateTime: "a time such as 2026-03-31T12:00:00Z"
    case .hostname: "a host name"
    case .ipv4: "an IPv4 address"
    case .ipv6: "an IPv6 address"
    case .password: "text"
    case .uri: "a URI such as https://example.org/"
    case .uuid: "a UUID"
    }
  }

  func accepts(_ text: String) -> Bool {
    switch self {
    case .date: Self.isDate(text)
    case .dateTime: Self.isDateTime(text)
    case .hostname: Self.isHostname(text)
    case .ipv4: Self.isIPv4(text)
    case .ipv6: Self.isIPv6(text)
    case .password: true
    case .uri: TextPattern.matches(text, "^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$")
    case .uuid: TextPattern.matches(text, "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
    }
  }

  private static func isDate(_ text: String) -> Bool {
    guard TextPattern.matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") else { return false }
    let parts = text.split(separator: "-").compactMap { Int($0) }
    let (year, month, day) = (parts[0], parts[1], parts[2])
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(month) && day >= 1 && day <= days[month - 1]
  }

  private static func isDateTime(_ text: String) -> Bool {
    let hour = "([01][0-9]|2[0-3])"
    let pattern =
      "^[0-9-]{10}[Tt]\(hour):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-]\(hour):[0-5][0-9])$"
    return TextPattern.matches(text, pattern) && isDate(String(text.prefix(10)))
  }

  private static func isHostname(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 253 else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit)
          && (part.count == 1 || part.first != "0")
          && (Int(part) ?? 256) < 256
      }
  }

  private static func isIPv6(_ text: String) -> Bool {
    var text = text
    if let lastColon = text.lastIndex(of: ":"), text.contains(".") {
      guard isIPv4(String(text[text.index(after: lastColon)...])) else { return false }
      text = text[...lastColon] + "0:0"
    }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var groups = 0
    for half in halves where !half.isEmpty {
      for group in half.split(separator: ":", omittingEmptySubsequences: false) {
        guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy(isHexDigit) else { return false }
        groups += 1
      }
    }
    return halves.count == 2 ? groups <= 7 : groups == 8
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
  }
}

/// Regular expressions as JSON Schema means them: over Unicode scalars, found anywhere, `\d` and `\w` ASCII.
enum TextPattern {
  static func isValid(_ pattern: String) -> Bool { (try? regex(pattern)) != nil }

  /// False also when the pattern is none; schemas are only made with valid ones.
  static func matches(_ text: String, _ pattern: String) -> Bool {
    guard let regex = try? regex(pattern) else { return false }
    return ((try? regex.firstMatch(in: text)) ?? nil) != nil
  }

  private static func regex(_ pattern: String) throws -> Regex<AnyRegexOutput> {
    try Regex(pattern).matchingSemantics(.unicodeScalar).asciiOnlyDigits().asciiOnlyWordCharacters()
  }
}
