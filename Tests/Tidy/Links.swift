import Foundation
import Testing

/// Links between documents: each leads to a file and a heading that exist.
enum Links {
  /// `paths` is all that a link may lead to; folders count with their files.
  static func broken(_ files: [SourceFile], paths: [String]) -> [Offence] {
    let documents = Dictionary(uniqueKeysWithValues: files.filter(\.isMarkdown).map { ($0.path, $0) })
    let known = Set(paths).union(paths.flatMap(folders))
    return documents.values.flatMap { document in
      links(in: document).compactMap { line, target in
        problem(target, from: document, known, documents).map { Offence(document.path, line, $0) }
      }
    }
  }

  /// Names of Swift files in `code` that no file bears: what a document tells of the sources has to be there.
  static func deadNames(_ files: [SourceFile], paths: [String]) -> [Offence] {
    files.filter(\.isMarkdown).flatMap { document in
      prose(document).flatMap { number, line -> [Offence] in
        let code = line.components(separatedBy: "`").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(
          \.element)
        let names = code.filter { $0.hasSuffix(".swift") && !$0.contains(" ") }
        return names.filter { name in !paths.contains { $0 == name || $0.hasSuffix("/" + name) } }.map {
          Offence(document.path, number, "there is no file \($0): say where it went")
        }
      }
    }
  }

  /// GitHub's name for a heading: lower case, letters, digits, `-` and `_`, spaces become `-`.
  static func anchor(_ heading: String) -> String {
    let text = heading.lowercased().filter {
      $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_"
    }
    return text.trimmed.replacing(" ", with: "-")
  }

  private static func problem(
    _ target: String, from document: SourceFile, _ known: Set<String>, _ documents: [String: SourceFile]
  ) -> String? {
    guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let path = parts[0].isEmpty ? document.path : resolve(parts[0], in: document.folder)
    guard let path, known.contains(path) else {
      return "the link \(target) leads to no file: correct or remove it"
    }
    guard parts.count == 2, let other = documents[path] else { return nil }
    let anchors = other.isMarkdown ? headings(other).map(anchor) : []
    return anchors.contains(parts[1]) ? nil : "\(path) has no heading #\(parts[1]): correct the link"
  }

  /// The path from the root; nil when it leaves the repository.
  private static func resolve(_ link: String, in folder: String) -> String? {
    var names = folder.split(separator: "/").map(String.init)
    for name in link.split(separator: "/") where name != "." {
      if name == ".." {
        guard names.popLast() != nil else { return nil }
      } else {
        names.append(name.removingPercentEncoding ?? String(name))
      }
    }
    return names.joined(separator: "/")
  }

  private static func folders(of path: String) -> [String] {
    let names = path.split(separator: "/")
    return (0..<names.count).map { names.prefix($0).joined(separator: "/") }
  }

  private static func headings(_ document: SourceFile) -> [String] {
    prose(document).filter { $0.text.hasPrefix("#") }.map { String($0.text.drop { $0 == "#" }).trimmed }
  }

  /// (line, target) of `[text](target)` and `[name]: target`, outside of code.
  private static func links(in document: SourceFile) -> [(Int, String)] {
    prose(document).flatMap { number, text -> [(Int, String)] in
      let line = withoutCode(text)
      var targets = line.components(separatedBy: "](").dropFirst().map {
        String($0.prefix { $0 != ")" && $0 != " " })
      }
      if line.hasPrefix("["), let definition = line.range(of: "]: ") {
        targets.append(String(line[definition.upperBound...].prefix { $0 != " " }))
      }
      return targets.map { (number, $0) }
    }
  }

  /// The lines outside of fenced blocks.
  private static func prose(_ document: SourceFile) -> [(number: Int, text: String)] {
    var inFence = false
    return zip(1..., document.lines).compactMap { number, line in
      let isFence = line.trimmed.hasPrefix("```")
      if isFence { inFence.toggle() }
      return isFence || inFence ? nil : (number, line)
    }
  }

  private static func withoutCode(_ line: String) -> String {
    line.components(separatedBy: "`").enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      .joined(separator: " ")
  }
}

@Suite("Links")
struct LinksTests {
  @Test("every link between documents leads somewhere")
  func links() { expectNone(Links.broken(Repository.files, paths: Repository.paths)) }

  @Test("every Swift file that a document names is there")
  func names() { expectNone(Links.deadNames(Repository.files, paths: Repository.paths)) }

  @Test("a name of no file is found")
  func nameGate() {
    let document = SourceFile(
      "A.md", "see `B/C.swift` and `C.swift`\n`D.swift` is gone, D.swift is no name\n")
    #expect(Links.deadNames([document], paths: ["Sources/B/C.swift"]).map(\.line) == [2])
  }

  @Test(
    "a link to nothing is found",
    arguments: [
      "[a](b.md)", "[a](#nowhere)", "[a](../../out.md)", "[a]: b.md", "[a](C.md#nowhere)", "x [a](/C.md2) y",
    ])
  func broken(line: String) {
    let files = [SourceFile("D/A.md", "# Here\n\n\(line)\n"), SourceFile("D/C.md", "# There\n")]
    #expect(Links.broken(files, paths: files.map(\.path)).map(\.line) == [3])
  }

  @Test(
    "a link that leads somewhere passes",
    arguments: [
      "[a](C.md)", "[a](#here--now-1)", "[a](../E/x.c)", "[a](../E)", "[a](C.md#there)",
      "https://a.org [a](https://a.org/b)",
      "`[a](b.md)`", "[a]: C.md", "```\n[a](b.md)\n```",
    ])
  func whole(line: String) {
    let files = [SourceFile("D/A.md", "# Here & now: 1\n\n\(line)\n"), SourceFile("D/C.md", "## There\n")]
    #expect(Links.broken(files, paths: files.map(\.path) + ["E/x.c"]) == [])
  }
}
