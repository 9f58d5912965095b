/// Source text with everything that is not code blanked out: comments, strings and regular expressions become
/// spaces, line for line, so that rules about code never trip over words.
struct CodeScanner {
  enum Language {
    case swift, c

    /// Nil when a file of that name is neither.
    init?(path: String) {
      if path.hasSuffix(".swift") {
        self = .swift
      } else if [".c", ".h", ".cc", ".cpp", ".hpp"].contains(where: { path.hasSuffix($0) }) {
        self = .c
      } else {
        return nil
      }
    }
  }

  private let source: [UInt8]
  private let language: Language
  private var code: [UInt8]
  private var position = 0
  /// Lines that hold a comment, from 1.
  private(set) var commentLines: Set<Int> = []

  private init(_ text: String, _ language: Language) {
    source = Array(text.utf8)
    code = source
    self.language = language
  }

  /// The text with only its code left.
  static func scan(_ text: String, _ language: Language) -> (code: String, commentLines: Set<Int>) {
    var scanner = CodeScanner(text, language)
    scanner.scanAll()
    return (String(decoding: scanner.code, as: UTF8.self), scanner.commentLines)
  }

  private mutating func scanAll() {
    let marks = Array("/\"#'".utf8)
    while position < source.count {
      if marks.contains(source[position]) { step() } else { position += 1 }
    }
    markCommentLines()
  }

  private mutating func step() {
    if starts("//") {
      blankComment { $0.peek(0) == UInt8(ascii: "\n") }
    } else if starts("/*") {
      blankBlockComment()
    } else if language == .swift, let hashes = rawDelimiter() {
      blankString(hashes: hashes)
    } else if language == .c, let quote = peek(0), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      blankCString(quote)
    } else if language == .swift, let end = regexEnd() {
      blank(end - position)
    } else {
      position += 1
    }
  }

  // MARK: Looking

  private func peek(_ offset: Int) -> UInt8? {
    let index = position + offset
    return source.indices.contains(index) ? source[index] : nil
  }

  private func starts(_ word: String) -> Bool { starts(Array(word.utf8)) }

  private func starts(_ word: [UInt8], at offset: Int = 0) -> Bool {
    let begin = position + offset
    return begin + word.count <= source.count && source[begin..<begin + word.count].elementsEqual(word)
  }

  /// The number of `#` before a string's opening quote here; nil when no string opens here.
  private func rawDelimiter() -> Int? {
    var hashes = 0
    while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
    return peek(hashes) == UInt8(ascii: "\"") ? hashes : nil
  }

  /// Where the regular expression ends that begins here: `#/.../#`, or `/.../` where a value may stand.
  private func regexEnd() -> Int? {
    if starts("#/") { return regexEnd(from: position + 2, closing: Array("/#".utf8)) }
    guard peek(0) == UInt8(ascii: "/"), let next = peek(1), next > UInt8(ascii: " ") else { return nil }
    var before = position - 1
    while before >= 0, source[before] == UInt8(ascii: " ") { before -= 1 }
    guard before < 0 || Array("(=,:[!&|?{;\n".utf8).contains(source[before]) else { return nil }
    return regexEnd(from: position + 1, closing: [UInt8(ascii: "/")])
  }

  private func regexEnd(from begin: Int, closing: [UInt8]) -> Int? {
    var index = begin
    while index < source.count, source[index] != UInt8(ascii: "\n") {
      if source[index] == UInt8(ascii: "\\") {
        index += 2
      } else if starts(closing, at: index - position) {
        return index + closing.count
      } else {
        index += 1
      }
    }
    return nil
  }

  // MARK: Blanking

  private mutating func blank(_ count: Int = 1) {
    for index in position..<min(position + count, source.count) where source[index] != UInt8(ascii: "\n") {
      code[index] = UInt8(ascii: " ")
    }
    position += count
  }

  private var commentRanges: [Range<Int>] = []

  private mutating func blankComment(until end: (CodeScanner) -> Bool) {
    let begin = position
    while position < source.count, !end(self) { blank() }
    commentRanges.append(begin..<position)
  }

  private mutating func blankBlockComment() {
    let begin = position
    var depth = 0
    repeat {
      if starts("/*"), depth == 0 || language == .swift {
        depth += 1
        blank(2)
      } else if starts("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && position < source.count
    commentRanges.append(begin..<min(position, source.count))
  }

  private mutating func blankCString(_ quote: UInt8) {
    blank()
    while let byte = peek(0), byte != quote, byte != UInt8(ascii: "\n") {
      blank(byte == UInt8(ascii: "\\") ? 2 : 1)
    }
    blank()
  }

  /// A Swift string with all that is interpolated into it.
  private mutating func blankString(hashes: Int) {
    blank(hashes)
    let quotes = starts("\"\"\"") ? 3 : 1
    let pounds = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
    let close = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + pounds
    let escape = [UInt8(ascii: "\\")] + pounds
    blank(quotes)
    while position < source.count, !starts(close) {
      if quotes == 1, peek(0) == UInt8(ascii: "\n") { return }
      guard starts(escape) else {
        blank()
        continue
      }
      blank(escape.count)
      if peek(0) == UInt8(ascii: "(") { blankInterpolation() } else { blank() }
    }
    blank(close.count)
  }

  private mutating func blankInterpolation() {
    var depth = 0
    repeat {
      if let hashes = rawDelimiter() {
        blankString(hashes: hashes)
        continue
      }
      if peek(0) == UInt8(ascii: "(") { depth += 1 }
      if peek(0) == UInt8(ascii: ")") { depth -= 1 }
      blank()
    } while depth > 0 && position < source.count
  }

  private mutating func markCommentLines() {
    var line = 1
    var index = 0
    for range in commentRanges {
      while index < range.lowerBound {
        if source[index] == UInt8(ascii: "\n") { line += 1 }
        index += 1
      }
      commentLines.insert(line)
      while index < range.upperBound {
        if source[index] == UInt8(ascii: "\n") {
          line += 1
          commentLines.insert(line)
        }
        index += 1
      }
    }
  }
}
