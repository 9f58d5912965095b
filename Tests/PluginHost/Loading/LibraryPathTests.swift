import DataModel
import Foundation
import PluginHost
import TestSupport
import Testing

@Suite("Libraries that a plug-in needs")
struct LibraryPathTests {
  private let folder: TemporaryFolder
  private let system = LibraryPath.current()

  init() throws { folder = try TemporaryFolder() }

  /// A plug-in that needs a library of the test's own, `libextra.so.1`.
  private func plugin(_ id: String, flags: [String] = []) throws -> ELFFile {
    let source = folder.path + "/extra.c"
    try "int extra(void) { return 1; }\n".write(toFile: source, atomically: true, encoding: .utf8)
    let run = try ToolRun(
      ["cc", "-shared", "-fPIC", source, "-Wl,-soname,libextra.so.1", "-o", folder.path + "/libextra.so.1"])
    try #require(run.status == 0, "\(run.output)")
    let path = try PluginSource(id: id).build(
      flags: ["-Wl,--no-as-needed", folder.path + "/libextra.so.1"] + flags)
    return try ELFFile(ByteSource([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))))
  }

  private func objection(_ file: ELFFile, in place: String = "/nowhere", _ path: LibraryPath? = nil)
    -> Objection?
  {
    do throws(Objection) {
      try (path ?? system).check(file, in: place, FileRules())
      return nil
    } catch {
      return error
    }
  }

  @Test("the system's libraries are found by their names")
  func systemLibraries() {
    #expect(system.has("libc.so.6"))
    #expect(system.has("libcrypto.so.3"), "from the loader's cache, or loaded into this process")
    #expect(!system.has("libextra.so.1"))
  }

  @Test("a missing library is named with its cure")
  func missing() throws {
    #expect(
      objection(try plugin("missing"))?.description
        == "it needs libextra.so.1, which this machine does not have; install the package that has libextra.so.1 and run \"ldconfig\", or link libextra.so.1 statically"
    )
    #expect(
      objection(try plugin("missing"), LibraryPath(names: ["libextra.so.1", "libc.so.6"], folders: [])) == nil
    )
    #expect(
      objection(try plugin("missing"), LibraryPath(names: ["libc.so.6"], folders: [folder.path])) == nil)
  }

  @Test("$ORIGIN helps nobody: a lone file loses what stood beside it")
  func origin() throws {
    let file = try plugin("origin", flags: ["-Wl,-rpath,$ORIGIN"])
    #expect(
      objection(file, in: folder.path)?.rule.hasPrefix("it brings its own libextra.so.1 in \(folder.path)")
        == true)
    #expect(objection(file)?.rule.contains("$ORIGIN in its RUNPATH does not help") == true)
    let unused = try PluginSource(id: "unused").build(flags: ["-Wl,-rpath,$ORIGIN"])
    let lone = try ELFFile(ByteSource([UInt8](Data(contentsOf: URL(fileURLWithPath: unused)))))
    #expect(
      objection(lone, in: folder.path) == nil, "SwiftPM always writes $ORIGIN; nothing is needed from there")
  }

  @Test("an absolute RUNPATH is good when only we could put a library there")
  func absolute() throws {
    let file = try plugin("absolute", flags: ["-Wl,-rpath,\(folder.path)"])
    #expect(objection(file) == nil)
    chmod(folder.path, 0o777)
    #expect(
      objection(file)?.rule.hasPrefix("its RUNPATH has \(folder.path), where others may put a library")
        == true)
    chmod(folder.path, 0o755)
    chmod(folder.path + "/libextra.so.1", 0o666)
    #expect(
      objection(file)?.rule.contains("libextra.so.1, and of that holds: it may be written by everybody")
        == true)
  }

  @Test("a RUNPATH left over from a build below /tmp is a hole, and refused")
  func leftOver() throws {
    let path = try PluginSource(id: "leftover").build(flags: ["-Wl,-rpath,/tmp/no-such-build/lib"])
    let file = try ELFFile(ByteSource([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))))
    #expect(objection(file)?.rule.contains("anybody could make what is missing in /tmp") == true)
  }

  @Test("relative places are refused")
  func relative() throws {
    for place in ["lib", ".", "/usr/lib:"] {
      let path = try PluginSource(id: "relative").build(flags: ["-Wl,-rpath,\(place)"])
      let file = try ELFFile(ByteSource([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))))
      #expect(
        objection(file)?.rule.contains("which means another folder wherever a worker starts") == true,
        "\(place)")
    }
  }

  @Test("the loader's cache is read, and damage to it is no crash")
  func cache() throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/etc/ld.so.cache")))
    #expect(LibraryPath.names(ofCache: bytes).contains("libc.so.6"))
    #expect(LibraryPath.names(ofCache: []).isEmpty)
    var random = SplitMix64(seed: 7)
    for _ in 0..<300 {
      var damaged = bytes
      for _ in 0..<8 {
        damaged[Int.random(in: 0..<4096, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = LibraryPath.names(ofCache: Array(damaged[..<Int.random(in: 0...damaged.count, using: &random)]))
    }
  }
}
