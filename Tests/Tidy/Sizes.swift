import Testing

/// How big anything may grow. A limit that is hit asks for a second type or folder, never for an exception.
enum Sizes {
  static let linesOfFile = 400
  static let linesOfFunction = 60
  static let filesOfFolder = 12
  static let foldersUnderSources = 3

  static func longFiles(_ files: [SourceFile]) -> [Offence] {
    code(files).filter { $0.lines.count > linesOfFile }.map {
      Offence(
        $0.path, 0, "\($0.lines.count) lines, at most \(linesOfFile): move a type or a topic to its own file")
    }
  }

  static func longFunctions(_ files: [SourceFile]) -> [Offence] {
    code(files).flatMap { file -> [Offence] in
      guard let functions = FunctionFinder.functions(in: file) else {
        return [
          Offence(file.path, 0, "its braces do not match, so that no function can be measured: balance them")
        ]
      }
      return functions.filter { $0.length > linesOfFunction }.map {
        Offence(
          file.path, $0.firstLine,
          "\($0.length) lines, at most \(linesOfFunction): split into named steps: \($0.name)")
      }
    }
  }

  /// Folders in which a file is looked up by its name or number, and none is read for what stands beside it.
  static let lookedUpByName = ["Documentation/Decisions", "Tests/Fuzz/corpus", "Tests/Golden"]

  static func crowdedFolders(_ paths: [String]) -> [Offence] {
    let measured = ["Sources", "Tests", "PluginSDK", "SamplePlugins", "Documentation"]
    let folders = Dictionary(grouping: paths) { $0.split(separator: "/").dropLast().joined(separator: "/") }
    return folders.compactMap { folder, files in
      guard measured.contains(where: { folder == $0 || folder.hasPrefix($0 + "/") }) else { return nil }
      guard files.count > filesOfFolder, !lookedUpByName.contains(where: folder.hasPrefix) else { return nil }
      return Offence(folder, 0, "\(files.count) files, at most \(filesOfFolder): make a folder for a topic")
    }
  }

  static func deepFolders(_ paths: [String]) -> [Offence] {
    paths.filter { $0.hasPrefix("Sources/") && $0.split(separator: "/").count - 2 > foldersUnderSources }.map
    {
      Offence($0, 0, "more than \(foldersUnderSources) folders below Sources: flatten")
    }
  }

  private static func code(_ files: [SourceFile]) -> [SourceFile] { files.filter { $0.isSwift || $0.isC } }
}

@Suite("Sizes")
struct SizesTests {
  @Test("no file is too long")
  func files() { expectNone(Sizes.longFiles(Repository.files)) }

  @Test("no function is too long")
  func functions() { expectNone(Sizes.longFunctions(Repository.files)) }

  @Test("no folder is crowded")
  func folders() { expectNone(Sizes.crowdedFolders(Repository.paths)) }

  @Test("no folder under Sources is deep")
  func depth() { expectNone(Sizes.deepFolders(Repository.paths)) }

  @Test("a file of 401 lines is found, one of 400 passes")
  func fileGate() {
    let long = SourceFile("Sources/A/Long.swift", String(repeating: "let a = 1\n", count: 401))
    let fits = SourceFile("Sources/A/Fits.c", String(repeating: "int a;\n", count: 400))
    #expect(Sizes.longFiles([long, fits]).map(\.path) == ["Sources/A/Long.swift"])
  }

  @Test("a function of 61 lines is found where it begins, in Swift and in C, one of 60 passes")
  func functionGate() {
    let body = String(repeating: "  f()\n", count: 59)
    let swift = SourceFile("A.swift", "struct A {\n@Test(\"x {\")\nstatic func a() {\n\(body)}\n}\n")
    let closure = SourceFile("B.swift", "let a: () -> Void = {\n\(body)}\n")
    let c = SourceFile("a.c", "BH_PLUGIN(x)\n\nstatic int\na(void) {\n\(body.dropLast(6));\n}\n")
    let fits = SourceFile("C.swift", "func a() {\n\(body.dropLast(6))}\n")
    let offences = Sizes.longFunctions([swift, closure, c, fits])
    #expect(offences.map { "\($0.path):\($0.line)" } == ["A.swift:3", "B.swift:1", "a.c:3"])
  }

  @Test("braces that do not match are said, not passed over")
  func unbalanced() {
    #expect(Sizes.longFunctions([SourceFile("A.swift", "func a() {\n")]).count == 1)
    #expect(Sizes.longFunctions([SourceFile("a.c", "int a(void) {\n}\n}\n")]).count == 1)
  }

  @Test("the thirteenth file of a folder and the fourth folder under Sources are found")
  func folderGates() {
    let thirteen = (1...13).map { "Tests/Many/\($0).swift" } + (1...12).map { "Tests/Few/\($0).swift" }
    #expect(Sizes.crowdedFolders(thirteen).map(\.path) == ["Tests/Many"])
    let deep = Sizes.deepFolders(["Sources/A/B/C/D/E.swift", "Sources/A/B/C/D.swift"])
    #expect(deep.map(\.path) == ["Sources/A/B/C/D/E.swift"])
  }
}
