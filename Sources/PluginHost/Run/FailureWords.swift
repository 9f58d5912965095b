import CBulkheadPlugin

/// What a plug-in says of a failure and why the host knows that it failed, as one sentence. Pure.
enum FailureWords {
  /// `line: cause`. Without the words that only name the code ("cannot make a server: invalid"), and without saying the
  /// same twice.
  static func join(_ line: String, _ cause: String, code: Int32) -> String {
    if line.isEmpty || says(cause, line) { return cause }
    if cause.isEmpty || says(line, cause) { return line }
    if leads(line, to: cause) { return cause }
    // More lines than one are the author's own layout.
    if line.contains("\n") { return line + "\n" + cause }
    var head = line[...]
    for words in meanings(code) where head.hasSuffix(": " + words) {
      head = head.dropLast(words.count + 2)
      break
    }
    while let last = head.last, last == "." || last == ":" || last == " " { head.removeLast() }
    return head + ": " + cause
  }

  /// Whether a short line ends as the cause begins: "cannot read the parameter int", `the parameter "int" was not given`.
  private static func leads(_ line: String, to cause: String) -> Bool {
    let said = plain(line).split(separator: " ")
    let why = plain(cause).split(separator: " ")
    return (1...2).contains { ownWords in
      said.count >= ownWords + 3 && why.starts(with: said.dropFirst(ownWords))
    }
  }

  /// Whether `part` stands in `whole`, whatever the quotes.
  private static func says(_ whole: String, _ part: String) -> Bool {
    plain(whole).contains(plain(part))
  }

  private static func plain(_ text: String) -> String {
    String(text.lowercased().filter { $0 != "\"" && $0 != "'" && $0 != "`" })
  }

  /// The words that wrappers and authors have for a code when they know nothing else.
  private static func meanings(_ code: Int32) -> [String] {
    let words: [String] =
      switch code {
      case BH_MEMORY: ["out of memory"]
      case BH_INVALID: ["invalid"]
      case BH_NOT_FOUND: ["not found"]
      case BH_CONFLICT: ["conflict"]
      case BH_DENIED: ["denied"]
      case BH_IO: ["input or output failed"]
      case BH_REMOTE: ["remote", "the other side failed"]
      case BH_UNSUPPORTED: ["unsupported by this host", "unsupported"]
      case BH_AGAIN: ["try again later"]
      default: []
      }
    return words + [String(code), "code \(code)"]
  }
}
