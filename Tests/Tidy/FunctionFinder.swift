/// One function, initializer, accessor or other block of code at file or type level.
struct FoundFunction: Equatable {
  /// As far as it is written on its first line.
  let name: String
  /// First line of its declaration and line of its closing brace, from 1.
  let firstLine: Int
  let lastLine: Int

  var length: Int { lastLine - firstLine + 1 }
}

/// Finds functions in scanned code by matching braces: what is opened directly in a file or in a type and is
/// no type itself is a function. Functions inside functions count as a part of the outer one.
struct FunctionFinder {
  private enum Scope { case type, data, function(firstLine: Int) }

  private let lines: [String]
  private let isSwift: Bool
  private var scopes: [Scope] = []
  private var parentheses = 0
  /// Code since the last brace or semicolon, as (line, text) pieces: the declaration that a brace opens.
  private var pending: [(line: Int, text: String)] = []
  private var found: [FoundFunction] = []
  private var isBalanced = true

  private init(_ file: SourceFile) {
    isSwift = file.isSwift
    let code = file.code
    lines = file.isSwift ? code : FunctionFinder.withoutDirectives(code)
  }

  /// All functions in order; nil when braces do not match and nothing can be said.
  static func functions(in file: SourceFile) -> [FoundFunction]? {
    var finder = FunctionFinder(file)
    for (index, line) in finder.lines.enumerated() { finder.read(line, number: index + 1) }
    return finder.isBalanced && finder.scopes.isEmpty ? finder.found : nil
  }

  private var isAtDeclarations: Bool {
    if case .type? = scopes.last { return true }
    return scopes.isEmpty
  }

  private mutating func read(_ line: String, number: Int) {
    var text = ""
    for character in line {
      switch character {
      case "{":
        pending.append((number, text))
        text = ""
        open(at: number)
      case "}":
        text = ""
        close(at: number)
      case ";" where isAtDeclarations && parentheses == 0:
        text = ""
        pending = []
      default:
        if isAtDeclarations { track(character) }
        text.append(character)
      }
    }
    if isAtDeclarations { pending.append((number, text)) }
  }

  private mutating func track(_ character: Character) {
    if character == "(" || character == "[" { parentheses += 1 }
    if character == ")" || character == "]" { parentheses = max(0, parentheses - 1) }
  }

  private mutating func open(at line: Int) {
    // A closure inside a declaration's parentheses belongs to the declaration.
    guard isAtDeclarations, parentheses == 0 else {
      scopes.append(.data)
      return
    }
    scopes.append(isSwift ? swiftScope(line) : cScope(line))
    pending = []
  }

  private mutating func close(at line: Int) {
    guard let scope = scopes.popLast() else {
      isBalanced = false
      return
    }
    if case .function(let firstLine) = scope {
      let name = lines[firstLine - 1].trimmed
      found.append(FoundFunction(name: name, firstLine: firstLine, lastLine: line))
    }
    if isAtDeclarations, parentheses == 0 { pending = [] }
  }

  private func swiftScope(_ line: Int) -> Scope {
    for piece in pending.reversed() {
      switch Self.declarationKeyword(piece.text) {
      case nil: continue
      // Nothing in a protocol has a body.
      case "protocol": return .data
      case "struct", "class", "enum", "extension", "actor": return .type
      default: return .function(firstLine: piece.line)
      }
    }
    return .function(firstLine: line)
  }

  private func cScope(_ line: Int) -> Scope {
    let text = pending.map(\.text).joined(separator: " ").trimmed
    if text.contains("=") { return .data }
    if text == "extern" || text.hasPrefix("namespace") { return .type }
    guard text.contains("(") else { return .type }
    let declaration = pending.reversed().prefix { !$0.text.trimmed.isEmpty }
    return .function(firstLine: declaration.last?.line ?? line)
  }

  /// The word that says what a line of Swift declares: `func`, `struct` ...; nil when it begins no declaration.
  static func declarationKeyword(_ line: String) -> String? {
    var words = withoutAttributes(line).split(whereSeparator: \.isWhitespace).map(identifier)
    while let word = words.first {
      let isModifier = modifiers.contains(word)
      let isClassMember = word == "class" && words.count > 1 && members.contains(words[1])
      guard isModifier || isClassMember else { break }
      words.removeFirst()
    }
    return words.first.flatMap { types.contains($0) || members.contains($0) ? $0 : nil }
  }

  private static let types: Set = ["struct", "class", "enum", "extension", "protocol", "actor"]
  private static let members: Set = ["func", "init", "deinit", "subscript", "var", "let", "macro", "case"]
  private static let modifiers: Set = [
    "package", "public", "private", "internal", "fileprivate", "open", "static", "final", "override", "lazy",
    "mutating", "nonmutating", "nonisolated", "indirect", "required", "convenience", "weak", "unowned",
  ]

  /// The letters that a word begins with: `init` of `init(from:`.
  private static func identifier(_ word: Substring) -> String {
    String(word.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }

  private static func withoutAttributes(_ line: String) -> String {
    var rest = Substring(line.trimmed)
    while rest.first == "@" {
      rest = rest.drop { !$0.isWhitespace && $0 != "(" }
      var depth = 0
      while let character = rest.first, depth > 0 || character == "(" {
        depth += character == "(" ? 1 : character == ")" ? -1 : 0
        rest.removeFirst()
      }
      rest = rest.drop(while: \.isWhitespace)
    }
    return String(rest)
  }

  /// C lines with preprocessor directives and their continuations blanked.
  private static func withoutDirectives(_ lines: [String]) -> [String] {
    var inDirective = false
    return lines.map { line in
      let blanked = inDirective || line.trimmed.hasPrefix("#")
      inDirective = blanked && line.trimmed.hasSuffix("\\")
      return blanked ? "" : line
    }
  }
}

extension StringProtocol {
  /// Without white space at both ends.
  var trimmed: String {
    var text = Substring(self)
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
