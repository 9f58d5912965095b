/// How many columns text takes on a terminal.
enum DisplayWidth {
  static func of(_ text: String) -> Int {
    text.reduce(0) { $0 + of($1) }
  }

  /// 0 for a mark that joins what stands before it, 2 for East Asian wide characters and emoji, else 1.
  static func of(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      // The emoji form was asked for: wide, whatever it follows.
      if scalar.value == 0xFE0F { return 2 }
      width = max(width, of(scalar))
    }
    return width
  }

  /// The text in at most `columns` columns; what is cut off shows as "…". Never cuts inside a character.
  static func truncate(_ text: String, to columns: Int) -> String {
    guard columns > 0 else { return "" }
    if of(text) <= columns { return text }
    var taken = ""
    var width = 0
    for character in text {
      let next = of(character)
      if width + next > columns - 1 { break }
      taken.append(character)
      width += next
    }
    return taken + "…"
  }

  /// The same with the middle cut out: of a path the end says most.
  static func truncateMiddle(_ text: String, to columns: Int) -> String {
    guard columns > 0 else { return "" }
    if of(text) <= columns { return text }
    let tail = (columns - 1) * 2 / 3
    let head = truncate(text, to: columns - tail)
    var taken: [Character] = []
    var width = 0
    for character in text.reversed() {
      let next = of(character)
      if width + next > tail { break }
      taken.append(character)
      width += next
    }
    return head + String(taken.reversed())
  }

  /// The text filled up with spaces to `columns`.
  static func pad(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - of(text)))
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return scalar.properties.generalCategory == .control ? 0 : 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains(where: { $0.contains(scalar.value) }) ? 2 : 1
  }

  /// The blocks of Unicode's EastAsianWidth that are wide or full width.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x1F200...0x1F2FF,
    0x20000...0x3FFFD,
  ]
}
