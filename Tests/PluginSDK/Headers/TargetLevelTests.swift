import Foundation
import TestSupport
import Testing

/// `-DBH_ABI_TARGET=n`: names that are newer than level n are not there. The headers have one level so far, so a copy
/// of them gets a second one.
@Suite("Target level of the headers")
struct TargetLevelTests {
  private static let oldUse = "int32_t f(bh_ctx *ctx) { bh_log(ctx, BH_INFO, \"x\"); return BH_OK; }"
  private static let newUse = "int32_t f(bh_ctx *ctx) { return bh_log_flush(ctx); }"
  private static let memberUse =
    "int32_t f(bh_ctx *ctx) { const bh_log_table *t = bh_log_of(ctx); return BH_HAS(t, flush) ? 1 : 0; }"

  /// The headers with a member and a function of level 2 in `ext/log.h`.
  private func twoLevels(_ scratch: Scratch) throws -> String {
    let folder = scratch.path + "/include"
    try FileManager.default.copyItem(atPath: Sample.headers, toPath: folder)
    try edit(folder + "/bulkhead/bulkhead.h", "#define BH_ABI_LEVEL 1", "#define BH_ABI_LEVEL 2")
    let log = folder + "/bulkhead/ext/log.h"
    try edit(
      log, "} bh_log_table;",
      """
      #if BH_SINCE(2)
        /** Waits until all lines are kept. @since 2 */
        int32_t (*flush)(bh_ctx *ctx);
      #endif
      } bh_log_table;
      """)
    try edit(
      log, "#ifdef __cplusplus\n}",
      """
      #if BH_SINCE(2)
      /** Waits until all lines are kept. @since 2 */
      static inline int32_t bh_log_flush(bh_ctx *ctx) {
        const bh_log_table *table = bh_log_of(ctx);
        return BH_HAS(table, flush) ? table->flush(ctx) : BH_UNSUPPORTED;
      }
      #endif
      #ifdef __cplusplus
      }
      """)
    return folder
  }

  private func edit(_ file: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try #require(text.contains(old), "\(file) has no \(old)")
    try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
  }

  private func compile(_ code: String, _ dialect: Dialect, _ headers: String, target: String?) throws
    -> ToolRun
  {
    let scratch = try Scratch()
    try scratch.write("a.c", "#include <bulkhead/all.h>\n" + code + "\n")
    let define = target.map { ["-DBH_ABI_TARGET=" + $0] } ?? []
    return try scratch.run(
      dialect.arguments(headers: headers) + ["-Wno-missing-declarations", "-fsyntax-only"] + define + ["a.c"])
  }

  @Test("a newer name is an error for an older target, and is there for its own", arguments: Dialect.all)
  func hidden(dialect: Dialect) throws {
    let scratch = try Scratch()
    let headers = try twoLevels(scratch)
    for target in ["1", "2", nil] as [String?] {
      #expect(try compile(Self.oldUse, dialect, headers, target: target).status == 0)
      for use in [Self.newUse, Self.memberUse] {
        let run = try compile(use, dialect, headers, target: target)
        #expect((run.status != 0) == (target == "1"), "\(run.output)")
        if target == "1" { #expect(run.output.contains("flush")) }
      }
    }
  }

  @Test("level 0, an unknown word, nothing, and a level newer than the headers are errors that say so")
  func outOfRange() throws {
    for dialect in [Dialect(compiler: "gcc", standard: "c11"), Dialect(compiler: "clang", standard: "c++20")]
    {
      for target in ["0", "-1", "two", "2"] {
        let run = try compile(Self.oldUse, dialect, Sample.headers, target: target)
        #expect(run.status != 0 && run.output.contains("BH_ABI_TARGET"), "\(target)")
      }
      #expect(try compile(Self.oldUse, dialect, Sample.headers, target: "").status != 0)
      #expect(try compile(Self.oldUse, dialect, Sample.headers, target: "1").status == 0)
    }
  }

  @Test("the plug-in says the level that it was written for")
  func built() throws {
    let scratch = try Scratch()
    let headers = try twoLevels(scratch)
    try scratch.write(
      "a.c",
      """
      #include <bulkhead/all.h>
      #include <stdio.h>
      static int32_t go(bh_ctx *ctx) { (void)ctx; return BH_OK; }
      static const bh_action actions[] = {BH_ACTION("go", go)};
      BH_PLUGIN(actions)
      int main(void) { printf("%u", bh_plugin_entry(NULL)->abi_built); return 0; }
      """)
    for (target, expected) in [("1", "1"), ("2", "2")] {
      #expect(
        try scratch.run(["cc", "-I", headers, "-DBH_ABI_TARGET=" + target, "a.c", "-o", "a"]).status == 0)
      #expect(try scratch.run(["./a"]).output == expected)
    }
  }

  @Test("whatever is tagged newer than level 1 stands inside BH_SINCE")
  func guarded() throws {
    for name in Headers.names {
      let text = try String(contentsOfFile: Sample.headers + "/" + name, encoding: .utf8)
      for level in 2...9 where text.contains("@since \(level)") {
        #expect(
          text.contains("#if BH_SINCE(\(level))"),
          "\(name) has @since \(level) without #if BH_SINCE(\(level))")
      }
    }
  }
}
