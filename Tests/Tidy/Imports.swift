import Testing

/// Which target may know which. The table is the picture of `Documentation/Architecture.md`; a target that is
/// not in it may import nothing, so a new one begins with a line here.
enum Imports {
  /// Our own modules, C ones included, and packages of others.
  static let allowed: [String: Set<String>] = [
    "DataModel": [],
    "Threading": ["CProcess"],
    "Storage": ["DataModel", "Threading"],
    "SQLiteStorage": ["Storage", "DataModel", "CSQLite"],
    "PluginHost": ["DataModel", "Threading", "CBulkheadPlugin", "CPluginRuntime", "CCrypto", "CProcess"],
    "JobEngine": ["Storage", "PluginHost", "DataModel", "Threading"],
    "Supervision": ["DataModel", "Threading", "CProcess"],
    "PluginCheck": [
      "JobEngine", "Storage", "PluginHost", "DataModel", "Threading", "CBulkheadPlugin", "CPluginRuntime",
      "CProcess",
    ],
    "Simulation": ["JobEngine", "Storage", "PluginHost", "DataModel", "Threading"],
    "bulkhead": [
      "JobEngine", "PluginCheck", "Simulation", "Supervision", "SQLiteStorage", "Storage", "PluginHost",
      "DataModel", "Threading",
      "ArgumentParser", "Yams", "CSDKFiles",
    ],
  ]

  /// What comes with the system. DataModel has none of it: no I/O, no clock.
  static let system: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "Synchronization"]

  static func wrongDirections(_ files: [SourceFile]) -> [Offence] {
    files.filter { $0.isSwift && $0.isUnder("Sources") }.flatMap { file -> [Offence] in
      let target = String(file.path.split(separator: "/")[1])
      let own = allowed[target]
      let permitted = (own ?? []).union(target == "DataModel" ? [] : system)
      return modules(of: file).filter { !permitted.contains($0.module) }.map { line, module in
        let list = permitted.sorted().joined(separator: ", ")
        let may = own == nil ? "it is not in the table of Tests/Tidy/Imports.swift" : "it may import: \(list)"
        return Offence(file.path, line, "\(target) must not import \(module): \(may)")
      }
    }
  }

  /// Only what starts the engine names a backend; the rest of the command speaks through `Store` or `JobClient`.
  static func strayBackends(_ files: [SourceFile]) -> [Offence] {
    let swift = files.filter { $0.isSwift && $0.isUnder("Sources/bulkhead") }
    let naming = swift.filter { modules(of: $0).contains { $0.module == "SQLiteStorage" } }
    guard naming.count > 1 else { return [] }
    return naming.map {
      Offence($0.path, 0, "names SQLiteStorage, as another file does: open stores in one file")
    }
  }

  /// Plug-ins and the headers they are built with know nothing of the engine's sources.
  static func escapingIncludes(_ files: [SourceFile]) -> [Offence] {
    files.filter { $0.isC && $0.isUnder("PluginSDK", "SamplePlugins") }.flatMap { file in
      zip(1..., file.lines).compactMap { number, line in
        guard line.trimmed.hasPrefix("#"), line.contains("include"), line.contains("Sources/") else {
          return nil
        }
        return Offence(file.path, number, "a plug-in includes <bulkhead/...> and the system's headers only")
      }
    }
  }

  /// (line, module) of every import.
  static func modules(of file: SourceFile) -> [(line: Int, module: String)] {
    zip(1..., file.code).compactMap { number, line in
      var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      while let word = words.first, word.hasPrefix("@") || access.contains(word) { words.removeFirst() }
      guard words.first == "import", words.count > 1 else { return nil }
      let isOneSymbol = words.count > 2 && kinds.contains(words[1])
      let path = isOneSymbol ? words[2] : words[1]
      return (number, path.split(separator: ".").first.map(String.init) ?? path)
    }
  }

  private static let access: Set = ["package", "public", "internal", "private", "fileprivate"]
  private static let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
}

@Suite("Imports")
struct ImportsTests {
  @Test("every target imports only what stands below it")
  func directions() { expectNone(Imports.wrongDirections(Repository.files)) }

  @Test("one file of the command names the storage backends")
  func backends() { expectNone(Imports.strayBackends(Repository.files)) }

  @Test("plug-ins include nothing of the engine")
  func includes() { expectNone(Imports.escapingIncludes(Repository.files)) }

  @Test("every target of the sources has a row in the table")
  func tableIsComplete() {
    let swift = Repository.files.filter { $0.isSwift && $0.isUnder("Sources") }
    let targets = Set(swift.map { String($0.path.split(separator: "/")[1]) })
    #expect(targets.subtracting(Imports.allowed.keys).isEmpty, "add these targets to Imports.allowed")
  }

  @Test(
    "an import against the direction is found however it is written",
    arguments: [
      ("DataModel", "import Foundation"), ("DataModel", "package import Storage"),
      ("PluginHost", "internal import Storage"), ("JobEngine", "@testable import SQLiteStorage"),
      ("Storage", "import struct JobEngine.JobClient"), ("Supervision", "import PluginHost.Loader"),
      ("Unknown", "import DataModel"),
    ])
  func directionGate(target: String, line: String) {
    let file = SourceFile("Sources/\(target)/A.swift", "// import SQLiteStorage\n\(line)\n")
    #expect(Imports.wrongDirections([file]).map(\.line) == [2])
  }

  @Test("imports along the direction pass")
  func directionPasses() {
    let file = SourceFile("Sources/JobEngine/A.swift", "import Foundation\npackage import Storage\n")
    #expect(Imports.wrongDirections([file]).isEmpty)
  }

  @Test("a second file that names a backend, and an include of the engine's sources, are found")
  func otherGates() {
    let files = ["A", "B"].map { SourceFile("Sources/bulkhead/\($0).swift", "import SQLiteStorage\n") }
    #expect(Imports.strayBackends(files).count == 2)
    #expect(Imports.strayBackends([files[0]]).isEmpty)
    let plugin = SourceFile(
      "SamplePlugins/a/a.c", "#include <bulkhead/all.h>\n#include \"../../Sources/x.h\"\n")
    #expect(Imports.escapingIncludes([plugin]).map(\.line) == [2])
  }
}
