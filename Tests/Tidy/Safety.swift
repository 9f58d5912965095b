import Testing

/// Where the compiler is told to look away, a reason stands; and no test waits for time to pass.
enum Safety {
  static let reasonWanted = [
    "@unchecked Sendable", "try!", "fatalError", "unsafeBitCast", "nonisolated(unsafe)",
    "preconditionFailure",
  ]

  /// Pointers live where Swift meets C and the kernel: folders, and files that make one system call.
  static let pointerPlaces = [
    "Sources/PluginHost", "Sources/SQLiteStorage", "Sources/Storage/Wire", "Sources/Storage/Remote",
    "Sources/Supervision", "Sources/Threading", "Sources/JobEngine/Worker/EngineLog.swift",
    "Sources/JobEngine/Worker/Outbox",
    "Sources/bulkhead/Output/Terminal.swift", "Sources/bulkhead/Verbs/SDK/SDKFiles.swift", "Tests/PluginHost",
    "Tests/PluginSDK", "Tests/Support", "Tests/Wrappers/Fixtures", "Tests/Fuzz/Driver",
  ]
  private static let pointerWords = [
    "UnsafePointer", "UnsafeMutablePointer", "UnsafeRawPointer", "UnsafeMutableRawPointer",
    "UnsafeBufferPointer",
    "UnsafeMutableBufferPointer", "UnsafeRawBufferPointer", "UnsafeMutableRawBufferPointer", "OpaquePointer",
    "Unmanaged", "withUnsafe", "baseAddress", "withMemoryRebound", "assumingMemoryBound",
  ]
  private static let sleeps: Set = ["sleep", "usleep", "nanosleep", "clock_nanosleep"]
  private static let threadFolders = [
    "Sources/DataModel", "Sources/Storage", "Sources/SQLiteStorage", "Sources/PluginHost",
    "Sources/JobEngine",
    "Sources/Supervision", "Sources/Threading",
  ]

  static func missingReasons(_ files: [SourceFile]) -> [Offence] {
    swift(files).flatMap { file in
      let code = file.code
      return code.indices.compactMap { index -> Offence? in
        guard let word = reasonWanted.first(where: { code[index].contains($0) }) else { return nil }
        guard !hasReason(above: index, file.lines, code) else { return nil }
        return Offence(
          file.path, index + 1, "\(word) needs a line `// SAFETY: why it is right` directly above")
      }
    }
  }

  static func strayPointers(_ files: [SourceFile]) -> [Offence] {
    swift(files).filter { file in
      file.isUnder("Sources", "Tests") && !pointerPlaces.contains { file.path == $0 || file.isUnder($0) }
    }.flatMap { file in
      find(in: file) { line in
        pointerWords.first { line.contains($0) }
      } cure: {
        "\($0) belongs where Swift meets C and the kernel (Safety.pointerPlaces): move the call there"
      }
    }
  }

  static func sleepingTests(_ files: [SourceFile]) -> [Offence] {
    swift(files).filter { $0.isUnder("Tests") }.flatMap { file in
      find(in: file) { line in
        calls(in: line).first { sleeps.contains($0) }
      } cure: {
        "\($0): wait for the event itself, with a time limit"
      }
    }
  }

  static func pooledBlocking(_ files: [SourceFile]) -> [Offence] {
    swift(files).filter { file in threadFolders.contains { file.isUnder($0) } }.flatMap { file in
      find(in: file) { line in
        words(in: line).first { ["async", "await"].contains($0) }
      } cure: {
        "\($0): the engine blocks on threads of its own, never on Swift's cooperative pool"
      }
    }
  }

  private static func swift(_ files: [SourceFile]) -> [SourceFile] { files.filter(\.isSwift) }

  private static func find(
    in file: SourceFile, _ match: (String) -> String?, cure: (String) -> String
  ) -> [Offence] {
    zip(1..., file.code).compactMap { number, line in
      match(line).map { Offence(file.path, number, cure($0)) }
    }
  }

  /// A comment block with a SAFETY line ends right above the statement that line `index` belongs to.
  private static func hasReason(above index: Int, _ lines: [String], _ code: [String]) -> Bool {
    var above = index - 1
    while above >= 0, continues(code[above]) { above -= 1 }
    while above >= 0, lines[above].trimmed.hasPrefix("//") {
      let comment = lines[above].trimmed
      if comment.hasPrefix("// SAFETY:"), comment.count > "// SAFETY: why".count { return true }
      above -= 1
    }
    return false
  }

  /// The next line belongs to the same statement.
  private static func continues(_ code: String) -> Bool {
    let text = code.trimmed
    return [",", ":", "(", "="].contains { text.hasSuffix($0) }
      || (text.hasPrefix("@") && !text.contains(" "))
  }

  private static func words(in line: String) -> [String] {
    line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
  }

  /// Names directly followed by an opening parenthesis.
  private static func calls(in line: String) -> [String] {
    line.split(separator: "(", omittingEmptySubsequences: false).dropLast().compactMap {
      words(in: $0.trimmed).last
    }
  }

  private static func words(in line: some StringProtocol) -> [String] { words(in: String(line)) }
}

@Suite("Safety")
struct SafetyTests {
  @Test("what the compiler cannot check has its reason above")
  func reasons() { expectNone(Safety.missingReasons(Repository.files)) }

  @Test("pointers stay where Swift meets C and the kernel")
  func pointers() { expectNone(Safety.strayPointers(Repository.files)) }

  @Test("no test sleeps")
  func sleeps() { expectNone(Safety.sleepingTests(Repository.files)) }

  @Test("nothing of the engine waits on the cooperative pool")
  func pool() { expectNone(Safety.pooledBlocking(Repository.files)) }

  @Test("a reason that is missing, empty or not directly above is found", arguments: Safety.reasonWanted)
  func reasonGate(word: String) {
    let bad = ["\(word)\n", "// SAFETY:\n\(word)\n", "// SAFETY: one owner, by contract\n\n\(word)\n"]
    for text in bad { #expect(Safety.missingReasons([SourceFile("A.swift", text)]).count == 1, "\(text)") }
    let good = [
      "// SAFETY: one owner, by contract\n\(word)\n", "// SAFETY: one owner,\n// by contract\n\(word)\n",
      "/// Text.\n// SAFETY: one owner, by contract\n@frozen\nfinal class A:\n  \(word) {\n",
      "let a = \"\(word)\"\n",
      "// SAFETY: one owner, by contract\n/// Text.\n\(word)\n", "// \(word)\n",
    ]
    for text in good { #expect(Safety.missingReasons([SourceFile("A.swift", text)]).isEmpty, "\(text)") }
  }

  @Test("a pointer in the wrong folder is found")
  func pointerGate() {
    let text = "let a: UnsafeMutablePointer<Int>\n"
    #expect(Safety.strayPointers([SourceFile("Sources/JobEngine/A.swift", text)]).map(\.line) == [1])
    #expect(Safety.strayPointers([SourceFile("Sources/PluginHost/A.swift", text)]).isEmpty)
  }

  @Test(
    "a test that sleeps is found",
    arguments: [
      "sleep(1)", "usleep(1)", "Thread.sleep(forTimeInterval: 1)", "try await Task.sleep(for: x)",
      "nanosleep (&a, nil)",
    ])
  func sleepGate(call: String) {
    #expect(Safety.sleepingTests([SourceFile("Tests/A/B.swift", call)]).map(\.line) == [1])
  }

  @Test(
    "words that only look like it pass",
    arguments: ["bh_sleep(1)", "// sleep(1)", "f(\"sleep(1)\")", "sleeper(1)"])
  func sleepPasses(line: String) {
    #expect(Safety.sleepingTests([SourceFile("Tests/A/B.swift", line)]).isEmpty)
    #expect(Safety.sleepingTests([SourceFile("Sources/A/B.swift", "sleep(1)")]).isEmpty)
  }

  @Test("async code in the engine is found")
  func poolGate() {
    let file = SourceFile("Sources/JobEngine/A.swift", "func awaited() {}\nfunc a() async {}\n")
    #expect(Safety.pooledBlocking([file]).map(\.line) == [2])
  }
}
