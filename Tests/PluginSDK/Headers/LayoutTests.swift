import Foundation
import TestSupport
import Testing

/// A C program that prints the size and place of every member of every struct of the headers, the types of the
/// functions that the host calls, and the value of every constant.
struct LayoutProgram {
  private let tree: HeaderTree
  private let constants: [String]

  init() throws {
    tree = try HeaderTree()
    constants = try Self.constants()
    guard tree.records.count > 10, constants.count > 40 else {
      throw ToolFailure("the headers were not read")
    }
  }

  /// What it prints, built with that compiler. Constants are printed only from C: the two languages share them.
  func output(of dialect: Dialect) throws -> String {
    let scratch = try Scratch()
    try scratch.write("layout.c", source(withConstants: !dialect.isCpp))
    let build = try scratch.run(dialect.arguments + ["layout.c", "-o", "layout"])
    guard build.status == 0 else { throw ToolFailure("\(dialect): \(build.output)") }
    return try scratch.run(["./layout"]).output
  }

  private func source(withConstants: Bool) -> String {
    var lines = ["#include <bulkhead/all.h>", "#include <stdio.h>"]
    if withConstants {
      lines += [
        #"static void text(const char *n, const char *v) { printf("%s \"%s\"\n", n, v); }"#,
        #"static void number(const char *n, long long v) { printf("%s %lld\n", n, v); }"#,
        "#define SHOW(n) _Generic((n), char *: text, const char *: text, default: number)(#n, n)",
      ]
    }
    lines.append("int main(void) {")
    for record in tree.records {
      let type = "struct \(record.name)"
      lines.append(
        #"printf("\#(record.name) %zu aligned %zu\n", sizeof(\#(type)), (size_t)__alignof__(\#(type)));"#)
      for member in record.members {
        lines.append(
          #"printf("  %zu +%zu \#(member.name): %s\n", offsetof(\#(type), \#(member.name)), "#
            + #"sizeof(((\#(type) *)0)->\#(member.name)), "\#(member.type)");"#)
      }
    }
    let border = ["bh_plugin_entry", "bh_action_fn", "bh_cleanup_fn", "bh_step_fn"]
    lines += tree.callables.filter { border.contains($0.name) }.map { "puts(\"\($0.name): \($0.type)\");" }
    lines += withConstants ? constants.map { "SHOW(\($0));" } : []
    return (lines + ["return 0;", "}", ""]).joined(separator: "\n")
  }

  /// Names of the macros that stand for a value.
  private static func constants() throws -> [String] {
    let scratch = try Scratch()
    try scratch.write("all.c", "#include <bulkhead/all.h>\n")
    let run = try scratch.run(["clang", "-dM", "-E", "-I", Sample.headers, "all.c"])
    let names = run.output.split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ", maxSplits: 2)
      guard words.count == 3, words[1].hasPrefix("BH_"), !words[1].contains("(") else { return nil }
      return words[2].hasPrefix("__attribute__") ? nil : String(words[1])
    }
    return names.sorted()
  }
}

@Suite("Layout")
struct LayoutTests {
  private static let golden = Sample.root + "/Tests/Golden/abi-layout.txt"

  @Test("sizes, offsets, types and constants are those of the golden file")
  func golden() throws {
    let layout = try LayoutProgram().output(of: Dialect(compiler: "gcc", standard: "c11"))
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try layout.write(toFile: Self.golden, atomically: true, encoding: .utf8)
    }
    let scratch = try Scratch()
    try scratch.write("now.txt", layout)
    let difference = try scratch.run(["diff", "-u", Self.golden, "now.txt"])
    #expect(
      difference.status == 0,
      "the ABI has changed; if that is meant, run with UPDATE_GOLDEN=1\n\(difference.output)")
  }

  @Test("gcc and clang, C and C++ agree on it")
  func agreement() throws {
    let program = try LayoutProgram()
    let layouts = try Dialect.all.map { ($0, try program.output(of: $0)) }
    let structs = layouts.map { $0.1.split(separator: "\n").filter { !$0.hasPrefix("BH_") } }
    for (index, layout) in structs.enumerated() {
      #expect(layout == structs[0], "\(layouts[index].0) differs from \(layouts[0].0)")
    }
  }
}
