import Foundation
import TestSupport
import Testing

/// An old host under a new plug-in: its tables are shorter than the headers say.
@Suite("Truncated tables")
struct TruncatedHostTests {
  private static let driver = Sample.root + "/Tests/Fixtures/sdk/truncated_host.c"

  private func run(_ compiler: [String], headers: String = Sample.headers) throws -> ToolRun {
    let scratch = try Scratch()
    let build = try scratch.run(
      compiler + ["-g", "-O1", "-fsanitize=address", "-I", headers, Self.driver, "-o", "host"])
    guard build.status == 0 else { throw ToolFailure(build.output) }
    return try scratch.run(["env", "ASAN_OPTIONS=detect_leaks=0", "./host"])
  }

  @Test(
    "each inline function gives its default for what the host does not have, and reads nothing behind a table",
    arguments: [["gcc", "-std=gnu11"], ["g++", "-std=gnu++20", "-x", "c++"]])
  func defaults(compiler: [String]) throws {
    let run = try run(compiler)
    #expect(run.status == 0, "\(run.output)")
    #expect(!run.output.contains("AddressSanitizer"))
    #expect(run.output.contains("bh.params/1: 15 cases"))
  }

  @Test("a BH_HAS that does not look at the size is found")
  func gate() throws {
    let scratch = try Scratch()
    let headers = scratch.path + "/include"
    try FileManager.default.copyItem(atPath: Sample.headers, toPath: headers)
    let file = headers + "/bulkhead/bulkhead.h"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let test = "(table)->size >= offsetof(__typeof__(*(table)), field) + sizeof((table)->field)"
    try #require(text.contains(test))
    try text.replacing(test, with: "(table)->size > 0").write(toFile: file, atomically: true, encoding: .utf8)
    let run = try run(["gcc"], headers: headers)
    #expect(run.status != 0 && run.output.contains("heap-buffer-overflow"))
  }

  @Test("the host offers every table, and uses every inline function that needs one")
  func complete() throws {
    let source = try String(contentsOfFile: Self.driver, encoding: .utf8)
    let tree = try HeaderTree()
    for record in tree.records where record.name.hasSuffix("_table") {
      #expect(source.contains(record.name), "\(record.name) is not cut")
    }
    let sugar = tree.callables.filter { $0.type.contains("(bh_ctx *") && !$0.name.contains(".") }
    for callable in sugar where !callable.name.hasSuffix("_fn") {
      #expect(source.contains(callable.name + "("), "\(callable.name) is not called")
    }
  }
}
