import Foundation
import TestSupport
import Testing

@Suite("Stability of the ABI")
struct ABIBaselineTests {
  @Test("level 1 has a baseline, and it has every struct that is promised")
  func complete() throws {
    let first = try #require(ABIBaseline.all.first)
    #expect(first.level == 1)
    #expect(try first.structs().isSuperset(of: ["bh_str", "bh_ctx", "bh_host", "bh_log_table", "bh_poll"]))
  }

  @Test("today's headers differ from the baseline of each level by appends and by what was accepted")
  func unchanged() throws {
    let accepted = try ABIBaseline.accepted(ABIBaseline.text("accepted.txt"))
    for baseline in ABIBaseline.all {
      let breaches = try baseline.report().breaches(growing: ABIBaseline.growing())
      let blocks = accepted.filter { $0.level == baseline.level }.map(\.block)
      for breach in breaches where !blocks.contains(breach) {
        Issue.record("level \(baseline.level) is broken:\n\(breach.joined(separator: "\n"))")
      }
      for block in blocks where !breaches.contains(block) {
        Issue.record("accepted.txt has a difference that is none:\n\(block.joined(separator: "\n"))")
      }
    }
  }

  @Test("sizes, offsets, types and constants of each level are still what they were")
  func layout() throws {
    let now = Layout(
      try String(contentsOfFile: Sample.root + "/Tests/Golden/abi-layout.txt", encoding: .utf8))
    for baseline in ABIBaseline.all {
      let old = Layout(try String(contentsOfFile: baseline.folder + "/layout.txt", encoding: .utf8))
      let draft = try Self.draftConstants(baseline)
      #expect(old.constants.count > 30)
      for constant in old.constants where !draft.contains(constant.key) {
        #expect(now.constants[constant.key] == constant.value, "\(constant.key)")
      }
      for name in try baseline.structs() {
        let before = try #require(old.members[name])
        #expect(now.members[name]?.prefix(before.count) == before[...], "\(name)")
      }
    }
  }

  /// Each is one edit of the headers that no plug-in may meet.
  static let breaking: [(what: String, file: String, old: String, new: String)] = [
    (
      "two members change places", "bulkhead.h", "  uint64_t job_id;\n  uint64_t fence;",
      "  uint64_t fence;\n  uint64_t job_id;"
    ),
    (
      "a function gets another name", "ext/result.h",
      "set_str)(bh_ctx *ctx, bh_str name_in, bh_str value_in)",
      "set_text)(bh_ctx *ctx, bh_str name_in, bh_str value_in)"
    ),
    ("a member is taken out", "bulkhead.h", "  void *host_data;", "  /* gone */ //"),
    ("a member gets another size", "bulkhead.h", "  uint32_t attempt;", "  uint64_t attempt;"),
    ("a member gets a sign", "bulkhead.h", "  uint64_t fence;", "  int64_t fence;"),
    (
      "a parameter gets another type", "ext/wait.h", "(*sleep)(bh_ctx *ctx, uint64_t",
      "(*sleep)(bh_ctx *ctx, uint32_t"
    ),
    (
      "a result gets another type", "bulkhead.h", "typedef int32_t (*bh_action_fn)",
      "typedef int64_t (*bh_action_fn)"
    ),
    ("a member comes into the middle", "ext/log.h", "  uint32_t flags;", "  uint32_t flags;\n  void *more;"),
    ("a frozen value grows", "bulkhead.h", "  uint64_t len;", "  uint64_t len;\n  uint64_t capacity;"),
    (
      "the core table grows", "bulkhead.h", "(*checkpoint)(bh_ctx *ctx, uint64_t count);",
      "(*checkpoint)(bh_ctx *ctx, uint64_t count);\n  void *more;"
    ),
    (
      "the cell gets another member", "bulkhead.h", "uint64_t reserved[6];",
      "uint64_t reserved[5];\n  uint64_t more;"
    ),
  ]

  @Test("an edit that breaks plug-ins is found", arguments: breaking.indices)
  func mutation(index: Int) throws {
    let edit = Self.breaking[index]
    let breaches = try Self.breaches(after: [(edit.file, edit.old, edit.new)])
    #expect(!breaches.isEmpty, "\(edit.what)")
  }

  @Test("an append hides no other change of the same struct")
  func appendAndReorder() throws {
    let append = ("bulkhead.h", "  void *user;", "  void *more_at_the_end; void *user;")
    #expect(try !Self.breaches(after: [append]).isEmpty, "it came before the last member")
    let edits = [
      ("bulkhead.h", "} bh_plugin;", "  void *more;\n} bh_plugin;"),
      ("bulkhead.h", "  uint32_t abi_min_host;", "  int32_t abi_min_host;"),
    ]
    #expect(try !Self.breaches(after: edits).isEmpty)
  }

  @Test("members at the end of tables and descriptors pass")
  func append() throws {
    let edits = [
      ("ext/log.h", "} bh_log_table;", "  int32_t (*flush)(bh_ctx *ctx);\n  uint64_t more;\n} bh_log_table;"),
      ("bulkhead.h", "} bh_plugin;", "  void *more;\n} bh_plugin;"),
    ]
    #expect(try Self.breaches(after: edits).isEmpty)
  }

  @Test("an acceptance needs a level and a reason")
  func acceptance() throws {
    let block = "level: 1\nreason: the member was never read by anybody\n'struct a' changed:\n  type size\n"
    let accepted = try ABIBaseline.accepted("# comment\n\n" + block + "\n" + block)
    #expect(accepted.count == 2 && accepted[0].block == ["'struct a' changed:", "  type size"])
    #expect(throws: ToolFailure.self) { try ABIBaseline.accepted("'struct a' changed:\n  type size\n  x") }
    #expect(throws: ToolFailure.self) {
      try ABIBaseline.accepted("level: 1\nreason: why\n'struct a' changed:\n")
    }
  }

  /// What is broken when today's headers, edited, are held against themselves.
  private static func breaches(after edits: [(file: String, old: String, new: String)]) throws -> [[String]] {
    let scratch = try Scratch()
    let headers = scratch.path + "/include"
    try FileManager.default.copyItem(atPath: Sample.headers, toPath: headers)
    let baseline = try #require(ABIBaseline.all.last)
    let surface = baseline.folder + "/surface.c"
    let before = try scratch.run(["cc", "-g", "-shared", "-fPIC", "-I", headers, surface, "-o", "before.so"])
    guard before.status == 0 else { throw ToolFailure(before.output) }
    for edit in edits {
      let file = headers + "/bulkhead/" + edit.file
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try #require(text.contains(edit.old), "\(edit.file) has no \(edit.old)")
      try text.replacing(edit.old, with: edit.new).write(toFile: file, atomically: true, encoding: .utf8)
    }
    let report = try ABIReport(baseline: scratch.path + "/before.so", surface: surface, headers: headers)
    return report.breaches(growing: try ABIBaseline.growing())
  }

  /// Names of constants that the drafts of a level define.
  private static func draftConstants(_ baseline: ABIBaseline) throws -> Set<String> {
    let folder = baseline.folder + "/include/bulkhead/ext/draft"
    return try (FileManager.default.subpaths(atPath: folder) ?? []).reduce(into: []) { names, file in
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      names.formUnion(text.matches(of: /#define (BH_\w+)/).map { String($0.1) })
    }
  }
}

/// The golden layout, taken apart.
private struct Layout {
  /// Lines of each struct's members.
  private(set) var members: [String: [String]] = [:]
  /// Constants and function types by name; the level itself is meant to rise.
  private(set) var constants: [String: String] = [:]

  init(_ text: String) {
    var current = ""
    for line in text.split(separator: "\n").map(String.init) {
      if line.hasPrefix("  ") {
        members[current, default: []].append(line)
      } else if line.contains(" aligned ") {
        current = String(line.prefix { $0 != " " })
      } else if !line.hasPrefix("BH_ABI_LEVEL"), !line.hasPrefix("BH_ABI_TARGET") {
        let name = String(line.prefix { $0 != " " && $0 != ":" })
        constants[name] = String(line.dropFirst(name.count))
      }
    }
  }
}
