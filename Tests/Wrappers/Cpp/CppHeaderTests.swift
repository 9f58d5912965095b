import Foundation
import TestSupport
import Testing

/// The C++ wrapper as compilers see it.
@Suite("C++ wrapper: headers")
struct CppHeaderTests {
  static let folder = Sample.cppHeaders + "/bulkhead"
  static let strict = [
    "-Wall", "-Wextra", "-pedantic", "-Werror", "-I", Sample.headers, "-I", Sample.cppHeaders,
  ]

  static let dialects = ["g++", "clang++"].flatMap { compiler in
    ["c++17", "c++20"].map { [compiler, "-std=" + $0] }
  }

  @Test(
    "a plug-in that uses all of it compiles without a warning, with RTTI and without", arguments: dialects)
  func everything(dialect: [String]) async throws {
    try await onThread {
      for flags in [[], ["-fno-rtti"]] {
        for source in ["Tests/Wrappers/Fixtures/probe.cpp", "SamplePlugins/inventory-csv/inventory-csv.cpp"] {
          let run = try ToolRun(
            dialect + flags + Self.strict + ["-fsyntax-only", Sample.root + "/" + source])
          #expect(run.status == 0, "\(dialect) \(flags) \(source)\n\(run.output)")
        }
      }
    }
  }

  @Test(
    "clean-ups give back what they took, and steps and reconcile entries cross as they should",
    arguments: [["g++", "-std=c++17"], ["g++", "-std=c++20", "-fno-rtti"]])
  func fakeHost(dialect: [String]) async throws {
    try await onThread {
      let program = NSTemporaryDirectory() + "bulkhead-" + UUID().uuidString
      defer { try? FileManager.default.removeItem(atPath: program) }
      let build = try ToolRun(
        dialect + Self.strict + [
          "-g", "-O1", "-fsanitize=address,undefined", Sample.root + "/Tests/Wrappers/Fixtures/fake_host.cpp",
          "-o", program,
        ])
      #expect(build.status == 0, "\(build.output)")
      let run = try ToolRun(["env", "ASAN_OPTIONS=detect_leaks=0", program])
      #expect(run.status == 0, "\(run.output)")
    }
  }

  @Test("each header compiles alone, also where it is included first")
  func alone() async throws {
    try await onThread {
      let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      #expect(names.count >= 7)
      for name in names {
        let source = NSTemporaryDirectory() + "bulkhead-\(UUID().uuidString).cpp"
        defer { try? FileManager.default.removeItem(atPath: source) }
        try "#include <bulkhead/\(name)>\n".write(toFile: source, atomically: false, encoding: .utf8)
        let run = try ToolRun(["g++", "-std=c++17"] + Self.strict + ["-fsyntax-only", source])
        #expect(run.status == 0, "\(name)\n\(run.output)")
      }
    }
  }

  @Test("without exceptions it says so instead of compiling")
  func noExceptions() async throws {
    try await onThread {
      let source = Sample.root + "/Tests/Wrappers/Fixtures/probe.cpp"
      let run = try ToolRun(
        ["g++", "-std=c++17", "-fno-exceptions"] + Self.strict + ["-fsyntax-only", source])
      #expect(run.status != 0)
      #expect(run.output.contains("bulkhead.hpp needs exceptions"))
    }
  }

  @Test("a comment with tags has all five, in their order")
  func tags() async throws {
    try await onThread {
      let tags = ["@thread ", "@blocking ", "@cancelpoint ", "@owner ", "@since "]
      var count = 0
      for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      where name != "bulkhead.hpp" {
        let text = try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8)
        for comment in text.components(separatedBy: "/**").dropFirst() {
          let body = comment.components(separatedBy: "*/")[0]
          guard body.contains("@thread ") || body.contains("@since ") else { continue }
          count += 1
          let places = tags.map { body.range(of: $0)?.lowerBound }
          #expect(!places.contains(nil), "\(name): \(body)")
          #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted(), "\(name): \(body)")
        }
      }
      #expect(count > 40, "the comments were not read")
    }
  }

  @Test("the first plug-in of the page builds with the page's own line, and exports its entry alone")
  func page() async throws {
    try await onThread {
      let page = try String(contentsOfFile: Sample.root + "/PluginSDK/cpp/README.md", encoding: .utf8)
      let folder = NSTemporaryDirectory() + "bulkhead-cpp-" + UUID().uuidString
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/PluginSDK", withDestinationPath: Sample.root + "/PluginSDK")
      let blocks = page.components(separatedBy: "```cpp\n").dropFirst().map {
        $0.components(separatedBy: "```")[0]
      }
      try #require(blocks.count == 2)
      try blocks[0].write(toFile: folder + "/hello.cpp", atomically: false, encoding: .utf8)
      let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("g++ ") })
      let build = try ToolRun(["sh", "-c", String(line) + " -Wall -Wextra -Werror"], in: folder)
      #expect(build.status == 0, "\(build.output)")
      let symbols = try ToolRun(["nm", "-D", "-P", "--defined-only", folder + "/hello.so"])
      #expect(symbols.output.split(separator: "\n").map { $0.prefix { $0 != " " } } == ["bh_plugin_entry"])
      try ("#include <bulkhead/bulkhead.hpp>\n" + blocks[1])
        .write(toFile: folder + "/undo.cpp", atomically: false, encoding: .utf8)
      let undo = try ToolRun(
        ["g++", "-std=c++17"] + Self.strict + ["-Wno-unused-function", "-fsyntax-only", folder + "/undo.cpp"])
      #expect(undo.status == 0, "\(undo.output)")
    }
  }
}
