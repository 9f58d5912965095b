import DataModel
import Foundation
import PluginHost
import TestSupport
import Testing

@Suite("ELF file")
struct ELFFileTests {
  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private static func objection(_ bytes: [UInt8]) -> Objection? {
    do throws(Objection) {
      _ = try ELFFile(ByteSource(bytes))
      return nil
    } catch {
      return error
    }
  }

  private static func put(_ value: UInt64, width: Int, at offset: Int, _ bytes: inout [UInt8]) {
    for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
  }

  @Test("a real plug-in tells its facts", arguments: ["gnu", "sysv", "both"])
  func facts(hashStyle: String) throws {
    let path = try PluginSource(id: "facts").build(
      flags: [
        "-Wl,--hash-style=\(hashStyle)", "-Wl,-soname,facts.so.1", "-Wl,-rpath,/opt/a:$ORIGIN/lib",
        "-Wl,--no-as-needed", "-lm",
      ])
    let file = try ELFFile(ByteSource(Self.bytes(path)))
    #expect(file.manifests.count == 1 && file.manifests[0].contains("\"facts\""))
    #expect(file.needed == ["libm.so.6", "libc.so.6"])
    #expect(file.runPath == ["/opt/a", "$ORIGIN/lib"])
    #expect(file.soname == "facts.so.1")
    #expect(file.exportsEntry && !file.wantsExecutableStack && !file.hasStaticTLS && !file.isExecutable)
  }

  @Test("the note and the entry survive strip; reading from a descriptor gives the same")
  func stripped() throws {
    let path = try PluginSource(id: "stripped").build(flags: ["-s"])
    let file = try ELFFile(ByteSource(Self.bytes(path)))
    #expect(file.manifests.count == 1 && file.exportsEntry)
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    #expect(try ELFFile(ByteSource(descriptor: descriptor)) == file)
  }

  @Test("what is special about a file is seen")
  func special() throws {
    let stack = try PluginSource(id: "execstack").build(flags: ["-Wl,-z,execstack"])
    #expect(try ELFFile(ByteSource(Self.bytes(stack))).wantsExecutableStack)
    let tls = try PluginSource(
      id: "statictls", code: "__thread int counter; int *where(void) { return &counter; }"
    )
    .build(flags: ["-ftls-model=initial-exec", "-fvisibility=default"])
    #expect(try ELFFile(ByteSource(Self.bytes(tls))).hasStaticTLS)
    let hidden = try PluginSource(
      id: "hidden",
      ending: "static const bh_action a[] = {BH_ACTION(\"act\", act)}; void *keep(void) { return (void *)a; }"
    ).build()
    #expect(try !ELFFile(ByteSource(Self.bytes(hidden))).exportsEntry)
    let imported = try PluginSource(
      id: "imported",
      ending: "void *keep(void) { return (void *)bh_plugin_entry; } void *act2(void) { return (void *)act; }"
    )
    .build(flags: ["-Wl,-z,undefs"])
    #expect(try !ELFFile(ByteSource(Self.bytes(imported))).exportsEntry, "only named, not defined")
    let two = try ELFFile(ByteSource(Self.bytes(Sample.misbehaving("two_notes"))))
    #expect(two.manifests.count == 2)
    let none = try ELFFile(ByteSource(Self.bytes(Sample.misbehaving("no_note"))))
    #expect(none.manifests.isEmpty)
  }

  @Test("programs and object files are told apart from plug-ins")
  func otherKinds() throws {
    let folder = try TemporaryFolder()
    let source = folder.path + "/a.c"
    try "int main(void) { return 0; }\n".write(toFile: source, atomically: true, encoding: .utf8)
    func product(_ flags: [String]) throws -> [UInt8] {
      let run = try ToolRun(["cc", source, "-o", folder.path + "/out"] + flags)
      try #require(run.status == 0, "\(run.output)")
      return try Self.bytes(folder.path + "/out")
    }
    #expect(try ELFFile(ByteSource(product(["-pie", "-fPIE"]))).isExecutable)
    #expect(Self.objection(try product(["-no-pie"]))?.rule == "it is a program, not a shared object")
    #expect(Self.objection(try product(["-c"]))?.rule == "it is an object file, not a shared object")
  }

  @Test("a file for another machine names both machines")
  func otherMachine() throws {
    var bytes = try Self.bytes(Sample.misbehaving("no_note"))
    let own = bytes[18] == 62 ? "x86_64" : "aarch64"
    let other = bytes[18] == 62 ? "aarch64" : "x86_64"
    Self.put(bytes[18] == 62 ? 183 : 62, width: 2, at: 18, &bytes)
    #expect(
      Self.objection(bytes)?.description
        == "it is for \(other), and this machine is \(own); build it on or for \(own)")
    Self.put(999, width: 2, at: 18, &bytes)
    #expect(Self.objection(bytes)?.rule.hasPrefix("it is for an unknown machine (ELF number 999)") == true)
    bytes[5] = 2
    (bytes[18], bytes[19]) = (0, 22)
    #expect(Self.objection(bytes)?.rule.hasPrefix("it is for s390x") == true)
    var narrow = try Self.bytes(Sample.misbehaving("no_note"))
    narrow[4] = 1
    #expect(Self.objection(narrow)?.rule.contains("with 32-bit pointers") == true)
  }

  @Test(
    "files that are something else have their own sentence",
    arguments: [
      ("", "it is empty"), ("hello\nworld\n", "it is a text file, not a shared object"),
      ("#!/bin/sh\n", "it is a script"), ("MZ\u{1}", "it is a Windows library"),
      ("!<arch>\n", "it is a static library (.a)"), ("PK\u{3}\u{4}", "it is a zip file"),
      ("\u{1}\u{2}\u{3}\u{4}", "it is no ELF file"), ("\u{7f}ELF", "it is cut off"),
    ])
  func strangers(text: String, rule: String) {
    let objection = Self.objection(Array(text.utf8))
    #expect(objection?.rule.hasPrefix(rule) == true, "\(objection?.rule ?? "none")")
    #expect(objection?.cure.isEmpty == false)
  }

  @Test("a file that was cut off anywhere is said to be")
  func truncated() throws {
    let whole = try Self.bytes(PluginSource(id: "truncated").build())
    for length in stride(from: 0, to: whole.count, by: 64) + [whole.count - 1] {
      let objection = Self.objection(Array(whole[..<length]))
      #expect(
        objection?.isIncomplete == true, "\(length) of \(whole.count): \(objection?.rule ?? "accepted")")
      #expect(objection?.rule.hasPrefix(length == 0 ? "it is empty" : "it is cut off") == true)
    }
    #expect(Self.objection(whole) == nil)
  }

  @Test("huge numbers in the headers are refused, not followed")
  func hugeNumbers() throws {
    let whole = try Self.bytes(PluginSource(id: "huge").build())
    let programHeaders = Int(whole[32])
    let count = Int(whole[56])
    for value in [UInt64.max, UInt64.max - 8, 1 << 63, 1 << 32, UInt64(whole.count)] {
      for offset in [24, 32, 40]
        + (0..<count).flatMap({ index in [8, 16, 32, 40, 48].map { programHeaders + index * 56 + $0 } })
      {
        var bytes = whole
        Self.put(value, width: 8, at: offset, &bytes)
        _ = Self.objection(bytes)
      }
    }
    var bytes = whole
    Self.put(UInt64.max, width: 8, at: 32, &bytes)
    #expect(Self.objection(bytes)?.rule.hasPrefix("it is cut off") == true)
    Self.put(0, width: 2, at: 56, &bytes)
    #expect(Self.objection(bytes)?.rule.hasPrefix("it has no program headers") == true)
  }

  @Test("random damage never crashes the reader", arguments: [UInt64(1), 2])
  func damage(seed: UInt64) throws {
    let whole = try Self.bytes(PluginSource(id: "damage").build(flags: ["-Wl,--hash-style=both", "-s"]))
    var random = SplitMix64(seed: seed)
    let notes = whole.indices.filter { whole[$0...].starts(with: Array("Bulkhead".utf8)) }
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        // Half of the damage hits the headers, the tables and the note, where it hurts most.
        let near = [0..<64, 64..<700, 700..<2200].randomElement(using: &random) ?? 0..<64
        let place =
          Bool.random(using: &random)
          ? Int.random(in: near, using: &random) : Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
      if let note = notes.first, Bool.random(using: &random) {
        bytes[note - Int.random(in: 1...12, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = Self.objection(bytes)
      let end = Int.random(in: 0...bytes.count, using: &random)
      _ = Self.objection(Array(bytes[..<end]))
    }
  }
}
