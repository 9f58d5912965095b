import Testing

/// What a newcomer meets first: README, CHANGELOG, Makefile and what git is told to leave out.
enum RootFiles {
  static let verbs = [
    "demo", "build", "test", "soak", "scale", "bench", "install-deps", "samples", "sdk", "lint", "format",
    "tidy",
    "clean",
  ]
  private static let changes: Set = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

  /// The first shell block is what people run: it must be the two verbs.
  static func readme(_ file: SourceFile) -> [Offence] {
    let fences = file.lines.indices.filter { file.lines[$0].hasPrefix("```") }
    guard let begin = fences.first(where: { ["```sh", "```console", "```bash"].contains(file.lines[$0]) }),
      let end = fences.first(where: { $0 > begin })
    else { return [Offence(file.path, 0, "begin with a ```sh block that runs `make demo` and `make test`")] }
    let commands = file.lines[begin..<end].map { $0.split(separator: "#").first.map(\.trimmed) ?? "" }
    return ["make demo", "make test"].filter { !commands.contains($0) }.map {
      Offence(file.path, begin + 1, "the first shell block does not run `\($0)`: add that line")
    }
  }

  /// Keep a Changelog: versions newest first, `Unreleased` on top, known kinds of change, each with entries.
  static func changelog(_ file: SourceFile) -> [Offence] {
    var offences: [Offence] = []
    let versions = zip(1..., file.lines).filter { $0.1.hasPrefix("## ") }
    if versions.first?.1 != "## [Unreleased]" {
      offences.append(Offence(file.path, versions.first?.0 ?? 0, "the first version is `## [Unreleased]`"))
    }
    for (number, line) in versions.dropFirst()
    where line.wholeMatch(of: /## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d/) == nil {
      offences.append(Offence(file.path, number, "write a version as `## [1.2.3] - 2025-12-31`"))
    }
    for (index, line) in file.lines.enumerated() where line.hasPrefix("### ") {
      let next = file.lines.dropFirst(index + 1).first { !$0.isEmpty }
      if !changes.contains(String(line.dropFirst(4))) {
        offences.append(Offence(file.path, index + 1, "a kind of change is one of \(changes.sorted())"))
      } else if next?.hasPrefix("- ") != true {
        offences.append(
          Offence(file.path, index + 1, "list what changed below, each line beginning with `- `"))
      }
    }
    return offences
  }

  /// Every verb is there and says what it does.
  static func makefile(_ file: SourceFile) -> [Offence] {
    let rules = zip(1..., file.lines).compactMap { number, line -> (Int, String, Bool)? in
      guard let match = line.firstMatch(of: /^([a-z][a-z-]*):(?! export)(?!=)/) else { return nil }
      return (number, String(match.1), line.contains(/## \S.*\.$/))
    }
    let silent = rules.filter { !$0.2 }.map {
      Offence(file.path, $0.0, "make \($0.1) has no help text: end the line with `## What it does.`")
    }
    let names = rules.map(\.1)
    let missing = verbs.filter { !names.contains($0) }.map {
      Offence(file.path, 0, "the verb \($0) is missing")
    }
    return silent + missing
  }

  static func ignored(_ file: SourceFile) -> [Offence] {
    [".build*", "Package.resolved"].filter { !file.lines.contains($0) }.map {
      Offence(file.path, 0, "add the line \($0)")
    }
  }

  /// The named file of the repository; an empty one stands for one that is missing, and breaks its rule.
  static func file(_ path: String) -> SourceFile {
    Repository.files.first { $0.path == path } ?? SourceFile(path, "")
  }
}

@Suite("Files at the root")
struct RootFilesTests {
  @Test("the README begins with the two commands")
  func readme() { expectNone(RootFiles.readme(RootFiles.file("README.md"))) }

  @Test("the changelog keeps its form")
  func changelog() { expectNone(RootFiles.changelog(RootFiles.file("CHANGELOG.md"))) }

  @Test("every verb of the Makefile is there and has a help text")
  func makefile() { expectNone(RootFiles.makefile(RootFiles.file("Makefile"))) }

  @Test("git leaves out what is built and what is resolved")
  func ignored() { expectNone(RootFiles.ignored(RootFiles.file(".gitignore"))) }

  @Test(
    "a README without the two commands in its first shell block is found",
    arguments: [
      "", "# A\n```sh\nmake demo\n```\n```sh\nmake test\n```\n", "```sh\nmake demo # make test\n```\n",
    ])
  func readmeGate(text: String) { #expect(RootFiles.readme(SourceFile("README.md", text)).count == 1) }

  @Test("a README with them passes, comments behind them too")
  func readmePasses() {
    let text = "# A\n```\npicture\n```\n```sh\nmake demo   # shows it\nmake test\n```\n"
    #expect(RootFiles.readme(SourceFile("README.md", text)) == [])
  }

  @Test(
    "a changelog of another form is found",
    arguments: [
      "", "## 1.0\n", "## [Unreleased]\n### Added\n", "## [Unreleased]\n### New\n- a\n",
      "## [Unreleased]\n## [1.0] - 2025-01-01\n", "## [Unreleased]\n### Added\n\ntext\n",
    ])
  func changelogGate(text: String) {
    #expect(RootFiles.changelog(SourceFile("CHANGELOG.md", text)).count == 1)
  }

  @Test("a verb without help, and one that is missing, are found")
  func makefileGate() {
    let all = RootFiles.verbs.map { "\($0): ## Does it.\n" }.joined()
    #expect(RootFiles.makefile(SourceFile("Makefile", "A := 1\nsoak: export X = 1\n" + all)) == [])
    #expect(RootFiles.makefile(SourceFile("Makefile", all + "more:\n\techo\n")).map(\.line) == [14])
    #expect(RootFiles.makefile(SourceFile("Makefile", String(all.dropFirst(18)))).count == 1)
  }

  @Test("a line that git needs and does not have is found")
  func ignoredGate() { #expect(RootFiles.ignored(SourceFile(".gitignore", ".build\n")).count == 2) }
}
