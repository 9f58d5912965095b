import Testing

/// Words that this repository does not use, and white space that nobody sees.
enum Words {
  static let vagueNames = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common"]
  /// Written in two halves: this file is held to its own rule.
  static let postponed = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
  private static let personalRoots: Set = ["work", "home", "Users"]

  static func vague(_ files: [SourceFile]) -> [Offence] {
    files.filter { $0.isSwift || $0.isC }.flatMap { file -> [Offence] in
      var offences: [Offence] = []
      let stem = file.name.split(separator: ".").first.map(String.init) ?? ""
      if let word = vagueEnd(of: stem) {
        offences.append(Offence(file.path, 0, "\(word) says nothing: name the file by what its type does"))
      }
      for (number, line) in zip(1..., file.code) {
        let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        for (keyword, name) in zip(words, words.dropFirst()) where types.contains(keyword) {
          guard let word = vagueEnd(of: name) else { continue }
          offences.append(
            Offence(file.path, number, "\(name): \(word) says nothing: name the type by what it does"))
        }
      }
      return offences
    }
  }

  static func postponedWork(_ files: [SourceFile]) -> [Offence] {
    everyLine(files) { line in
      let words = Set(line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
      return postponed.first(where: words.contains).map {
        "\($0): do it now, or say in the issue that it is not done"
      }
    }
  }

  /// A path that exists on one developer's machine only.
  static func personalPaths(_ files: [SourceFile]) -> [Offence] {
    everyLine(files) { line in
      paths(in: line).first { personalRoots.contains($0) }.map {
        "an absolute path below /\($0) holds on one machine only: write it from the root of the repository"
      }
    }
  }

  static func whiteSpace(_ files: [SourceFile]) -> [Offence] {
    let code = files.filter { $0.isSwift || $0.isC || $0.path.hasSuffix(".sh") }
    return everyLine(code) { line in
      if line.contains("\t") { return "a tab: indent by two spaces" }
      return line.last?.isWhitespace == true ? "white space at the end of the line: remove it" : nil
    }
  }

  private static let types: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]

  private static func vagueEnd(of name: String) -> String? {
    vagueNames.first { name.hasSuffix($0) || name.hasSuffix($0.lowercased()) && name.contains("_") }
  }

  private static func everyLine(_ files: [SourceFile], _ cure: (String) -> String?) -> [Offence] {
    files.flatMap { file in
      zip(1..., file.lines).compactMap { number, line in
        cure(line).map { Offence(file.path, number, $0) }
      }
    }
  }

  /// First names of the absolute paths in a line that go on below it: `usr` of `(/usr/include)`.
  private static func paths(in line: String) -> [String] {
    guard line.contains("/") else { return [] }
    let opening = " \t\"'`(=<>:,[{"
    return line.split { opening.contains($0) }.compactMap { word in
      guard word.hasPrefix("/") else { return nil }
      let names = word.split(separator: "/")
      return names.count > 1 ? names.first.map(String.init) : nil
    }
  }
}

@Suite("Words")
struct WordsTests {
  @Test("no type and no file has a name that says nothing")
  func names() { expectNone(Words.vague(Repository.files)) }

  @Test("nothing is put off in a comment")
  func postponed() { expectNone(Words.postponedWork(Repository.files)) }

  @Test("no path of one developer's machine")
  func paths() { expectNone(Words.personalPaths(Repository.files)) }

  @Test("no tabs and no white space at the end of a line of code")
  func whiteSpace() { expectNone(Words.whiteSpace(Repository.files)) }

  @Test("a type and a file with an empty name are found, and words inside a name pass")
  func nameGate() {
    let type = SourceFile(
      "Sources/A/A.swift", "// class AManager\nfinal class JobManager {}\nstruct Managers {}\n")
    #expect(Words.vague([type]).map(\.line) == [2])
    #expect(Words.vague([SourceFile("Sources/A/StringUtils.swift", "")]).count == 1)
    #expect(Words.vague([SourceFile("Sources/A/job_util.c", "")]).count == 1)
    #expect(Words.vague([SourceFile("Sources/A/CommonPrefix.swift", "")]).isEmpty)
  }

  @Test("work that is put off is found in any file", arguments: Words.postponed)
  func postponedGate(word: String) {
    #expect(Words.postponedWork([SourceFile("Makefile", "# \(word): later\n")]).count == 1)
    #expect(Words.postponedWork([SourceFile("a.sh", "mktemp a.\(word)s\n")]).isEmpty)
  }

  @Test("a personal path is found, one of every machine or inside the repository passes")
  func pathGate() {
    let bad = ["see /" + "work/main", "\"/" + "home/me/x\"", "a=/" + "Users/me/x"]
    for line in bad { #expect(Words.personalPaths([SourceFile("a.md", line)]).count == 1, "\(line)") }
    let good = ["/usr/include", "net/work/x", "https://a.org/home/x", "./home/x", "and/or", "/home"]
    for line in good { #expect(Words.personalPaths([SourceFile("a.md", line)]).isEmpty, "\(line)") }
  }

  @Test("tabs and trailing spaces are found")
  func whiteSpaceGate() {
    #expect(Words.whiteSpace([SourceFile("a.c", "\tint a;\nint b; \nint c;\n")]).map(\.line) == [1, 2])
    #expect(Words.whiteSpace([SourceFile("Makefile", "a:\n\tb\n")]).isEmpty)
  }
}
