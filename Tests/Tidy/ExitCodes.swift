import Testing

/// The page of exit codes and the command's own list say the same.
enum ExitCodes {
  static func disagreements(source: SourceFile, page: SourceFile) -> [Offence] {
    let codes = Set(constants(in: source))
    let documented = Set(rows(of: page))
    guard !codes.isEmpty else {
      return [Offence(source.path, 0, "enum ExitStatus has no `static let NAME: Int32 = N`")]
    }
    let missing = codes.subtracting(documented).map {
      Offence(page.path, 0, "exit code \($0) has no row: add it")
    }
    let stale = documented.subtracting(codes).map {
      Offence(page.path, 0, "no verb ends with \($0): remove the row")
    }
    return missing + stale
  }

  /// The file of the sources that declares `enum ExitStatus`.
  static func source(in files: [SourceFile]) -> SourceFile? {
    files.first { file in
      file.isUnder("Sources/bulkhead") && file.lines.contains { $0.hasPrefix("enum ExitStatus") }
    }
  }

  private static func constants(in file: SourceFile) -> [Int] {
    file.code.compactMap { line in
      line.firstMatch(of: #/static let \w+: Int32 = (\d+)/#).flatMap { Int($0.1) }
    }
  }

  private static func rows(of page: SourceFile) -> [Int] {
    page.lines.compactMap { line in line.firstMatch(of: #/^\| *(\d+) *\|/#).flatMap { Int($0.1) } }
  }
}

@Suite("Exit codes")
struct ExitCodesTests {
  @Test("every exit code is on the page, and no other")
  func page() throws {
    let declaring = ExitCodes.source(in: Repository.files)
    let source = try #require(declaring, "no file of Sources/bulkhead declares enum ExitStatus")
    expectNone(ExitCodes.disagreements(source: source, page: RootFiles.file("Documentation/ExitCodes.md")))
  }

  @Test("a code without a row and a row without a code are found")
  func gate() {
    let source = SourceFile(
      "A.swift", "enum ExitStatus {\n  static let a: Int32 = 0\n  static let b: Int32 = 64\n}\n")
    let page = SourceFile("E.md", "| Code | Meaning |\n|---|---|\n| 0 | done |\n| 5 | lost |\n")
    #expect(ExitCodes.disagreements(source: source, page: page).count == 2)
    #expect(ExitCodes.disagreements(source: SourceFile("A.swift", ""), page: page).count == 1)
  }
}
