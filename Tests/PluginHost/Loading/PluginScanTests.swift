import DataModel
import Foundation
import PluginHost
import TestSupport
import Testing

@Suite("Judging a file")
struct PluginScanTests {
  private let folder: TemporaryFolder
  private let images: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    images = try TemporaryFolder()
  }

  /// The limit is short only where it is to be reached: a busy machine may take its time.
  private func judge(_ name: String, limitMilliseconds: Int64 = 30_000) async throws -> PluginVerdict {
    let scan = PluginScan(
      cache: try PluginImageCache(folder: images.path + "/images"),
      trial: TrialLoad(command: TrialCommand.words, limitMilliseconds: limitMilliseconds))
    return try await onThread { [folder] in scan.judge(name, in: folder.path) }
  }

  private func refusal(_ name: String, limitMilliseconds: Int64 = 30_000) async throws -> PluginRefusal? {
    guard case .refused(let refusal) = try await judge(name, limitMilliseconds: limitMilliseconds) else {
      return nil
    }
    return refusal
  }

  @Test("a good file is accepted with manifest, hash and private copy")
  func accepts() async throws {
    try folder.copy(Sample.checksum(), as: "checksum.so")
    guard case .accepted(let plugin) = try await judge("checksum.so") else {
      Issue.record("refused: \(String(describing: try await refusal("checksum.so")?.message))")
      return
    }
    #expect(plugin.manifest.id == "checksum")
    #expect(plugin.imagePath == images.path + "/images/\(plugin.sha256).so")
    #expect(plugin.manifestText.contains("\"checksum\""))
  }

  @Test(
    "each bad plug-in gets its own sentence, which names file, rule and cure",
    arguments: [
      ("no_note", "x.so: it has no manifest note; add BH_MANIFEST({...}) to one of its sources"),
      (
        "bad_note",
        "x.so: its manifest is refused: it is not JSON: line 1, column 1: expected a value, found 'i'; "
      ),
      ("two_notes", "x.so: it has 2 manifest notes; keep BH_MANIFEST in one of its sources only"),
      ("no_entry", "x.so: it does not export bh_plugin_entry; add BH_PLUGIN(...)"),
      ("wrong_abi", "x.so: it needs a host of ABI level 99, and this one has 1; install a newer bulkhead"),
      ("missing_action", "x.so: its manifest promises the action \"promised\", but"),
      ("extra_action", "x.so: its bh_plugin_entry gives the action \"smuggled\", but"),
      ("entry_null", "x.so: its bh_plugin_entry returned NULL; "),
      ("crash_constructor", "x.so: a constructor, which runs while it is loaded, crashed with SIGSEGV; "),
      ("hang_constructor", "x.so: a constructor, which runs while it is loaded, did not come back in 1 s; "),
    ])
  func misbehaving(name: String, message: String) async throws {
    try folder.copy(Sample.misbehaving(name), as: "x.so")
    let limit: Int64 = name == "hang_constructor" ? 1500 : 30_000
    let refusal = try #require(try await refusal("x.so", limitMilliseconds: limit))
    #expect(refusal.message.hasPrefix(message), "\(refusal.message)")
    #expect(!refusal.message.contains("\n") && !refusal.objection.cure.isEmpty)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: images.path + "/images").isEmpty, "no copy is kept")
  }

  @Test("files that are no plug-ins get theirs")
  func strangers() async throws {
    try folder.write(Data("not a library\n".utf8), as: "text.so")
    #expect(
      try await refusal("text.so")?.message.hasPrefix(
        "text.so: it is a text file, not a shared object; build") == true)
    try folder.write(Data(), as: "empty.so")
    #expect(try await refusal("empty.so")?.message == "empty.so: it is empty; copy the built file here again")
    let whole = try Data(contentsOf: URL(fileURLWithPath: Sample.checksum()))
    try folder.write(whole.prefix(whole.count / 2), as: "half.so")
    #expect(
      try await refusal("half.so")?.message.hasPrefix("half.so: it is cut off: its headers promise") == true)
    var other = whole
    other[18] = other[18] == 62 ? 183 : 62
    try folder.write(other, as: "other.so")
    #expect(try await refusal("other.so")?.message.hasPrefix("other.so: it is for ") == true)
    mkdir(folder.path + "/sub", 0o755)
    #expect(
      try await refusal("sub")?.message
        == "sub: it is a folder without sub.so; put the plug-in there as sub/sub.so, its libraries below")
    try folder.copy(PluginSource(id: "stacked").build(flags: ["-Wl,-z,execstack"]), as: "stack.so")
    #expect(
      try await refusal("stack.so")?.message.contains("make every stack of the worker executable") == true)
    try folder.copy("/bin/true", as: "program.so")
    #expect(
      try await refusal("program.so")?.message.hasPrefix("program.so: it is a program, not a shared object")
        == true)
  }

  @Test("a name with control characters is refused and shown without them")
  func names() async throws {
    try folder.copy(Sample.checksum(), as: "a\nb\u{1b}.so")
    let message = try await refusal("a\nb\u{1b}.so")?.message
    #expect(message == #""a\nb\u001b.so": its name has control characters; rename it"#)
  }

  @Test("what is known of a refused file is kept: hash and plug-in id")
  func known() async throws {
    let path = try folder.copy(Sample.misbehaving("wrong_abi"), as: "x.so")
    let refusal = try #require(try await refusal("x.so"))
    #expect(refusal.pluginID == "wrong-abi")
    #expect(refusal.sha256 == String(try ToolRun(["sha256sum", path]).output.prefix(64)))
    chmod(path, 0o666)
    let early = try #require(try await self.refusal("x.so"))
    #expect(early.pluginID == nil && early.sha256 == nil)
    #expect(early.message == "x.so: it may be written by everybody (mode 666); run \"chmod o-w \(path)\"")
    chmod(path, 0o644)
    chmod(folder.path, 0o777)
    #expect(
      try await self.refusal("x.so")?.message.hasPrefix(
        "x.so: its folder \(folder.path) may be written by everybody") == true)
    chmod(folder.path, 0o755)
  }

  @Test("the same content is tried once, under whatever name")
  func triedOnce() async throws {
    chmod(folder.path, 0o755)  // the trial runs as nobody
    let marks = folder.path + "/marks"
    mkdir(marks, 0o777)
    chmod(marks, 0o1777)
    let code = """
      __attribute__((constructor)) static void begin(void) {
        char name[] = "\(marks)/XXXXXX"; int f = mkstemp(name); if (f >= 0) close(f); }
      """
    let path = try PluginSource(id: "once", code: code).build()
    for name in ["a.so", "b.so", "a.so"] {
      try folder.copy(path, as: name)
      guard case .accepted = try await judge(name) else {
        Issue.record("refused")
        return
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: marks).count == 1)
  }

  @Test("inspection tells everything at once and runs nothing")
  func inspection() async throws {
    let path = try folder.copy(Sample.misbehaving("crash_constructor"), as: "x.so")
    let good = PluginInspection(path: path)
    #expect(good.objections.isEmpty && good.manifest?.id == "crash-constructor")
    #expect(good.sha256?.count == 64 && good.object?.needed.contains("libc.so.6") == true)

    try folder.copy(Sample.misbehaving("wrong_abi"), as: "bad")
    chmod(folder.path + "/bad", 0o666)
    let bad = PluginInspection(path: folder.path + "/bad").objections.map(\.rule)
    #expect(bad.count == 3)
    #expect(bad[0] == "its name does not end in .so, so it would be passed over")
    #expect(bad[1].hasPrefix("it may be written by everybody"))
    #expect(bad[2].hasPrefix("it needs a host of ABI level 99"))

    try folder.write(Data("text".utf8), as: "t.so")
    let text = PluginInspection(path: folder.path + "/t.so")
    #expect(
      text.object == nil && text.bytes == 4
        && text.objections.map(\.rule) == ["it is a text file, not a shared object"])
    let none = PluginInspection(path: folder.path + "/none.so")
    #expect(none.sha256 == nil && none.objections.count == 1)
    #expect(PluginInspection(path: folder.path).objections.contains { $0.rule.hasPrefix("it is a folder") })
  }
}
