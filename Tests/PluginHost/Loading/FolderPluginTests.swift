import DataModel
import Foundation
import TestSupport
import Testing

@testable import PluginHost

@Suite("Plug-ins that are folders")
struct FolderPluginTests {
  /// A plug-in `NAME/NAME.so` that returns what its own `lib/libhelp-ID.so.1` says.
  private static func make(
    _ folder: TemporaryFolder, _ name: String, says value: Int = 0, soname: String? = nil
  ) throws {
    let library = soname ?? "libhelp-\(name).so.1"
    let place = folder.path + "/" + name
    try? FileManager.default.removeItem(atPath: place)
    try FileManager.default.createDirectory(atPath: place + "/lib", withIntermediateDirectories: true)
    let source = place + "/help.c"
    try "int help_\(name)(void) { return \(value); }\n".write(
      toFile: source, atomically: true, encoding: .utf8)
    try run("cc", "-shared", "-fPIC", "-Wl,-soname,\(library)", source, "-o", place + "/lib/" + library)
    let plugin = PluginSource(
      id: name, code: "int help_\(name)(void);",
      ending: """
        static int32_t ask(bh_ctx *ctx) { (void)ctx; return help_\(name)(); }
        static const bh_action actions[] = {BH_ACTION("act", ask)};
        BH_PLUGIN(actions)
        """)
    let built = try plugin.build(flags: [place + "/lib/" + library, "-Wl,-rpath,$ORIGIN/lib"])
    try FileManager.default.removeItem(atPath: source)
    try FileManager.default.copyItem(atPath: built, toPath: place + "/\(name).so")
    try run("chmod", "-R", "go-w", place)
  }

  private static func run(_ words: String...) throws {
    let run = try ToolRun(words)
    guard run.status == 0 else { throw ToolFailure("\(words): \(run.output)") }
  }

  private static func scan(_ cache: TemporaryFolder, trust: TrustRules = TrustRules()) throws -> PluginScan {
    PluginScan(
      cache: try PluginImageCache(folder: cache.path + "/cache"),
      trial: TrialLoad(command: TrialCommand.words),
      trust: trust)
  }

  private static func accepted(_ verdict: PluginVerdict) throws -> AcceptedPlugin {
    guard case .accepted(let plugin) = verdict else { throw ToolFailure("\(verdict)") }
    return plugin
  }

  private static func refusal(_ verdict: PluginVerdict) -> String {
    if case .refused(let refusal) = verdict { refusal.message } else { "\(verdict)" }
  }

  @Test("it is copied whole, tried, loaded, and finds the library that it brought")
  func loads() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      try Self.make(folder, "whole", says: 2)
      let plugin = try Self.accepted(Self.scan(folder).judge("whole", in: folder.path))
      #expect(plugin.manifest.id == "whole" && plugin.imagePath.hasSuffix("/\(plugin.sha256)/whole.so"))
      // What lies in the directory does not matter any more.
      try FileManager.default.removeItem(atPath: folder.path + "/whole")
      let loader = PluginLoader(host: HostTables.shared.host)
      let generation = try loader.load(
        imagePath: plugin.imagePath, sha256: plugin.sha256, manifest: plugin.manifest)
      let action = try #require(generation.actions["act"])
      let run = PluginRun(
        entry: action.function, context: RecordingContext(), jobID: JobID(1), fence: 1, attempt: 1,
        paramsJSON: "{}")
      #expect(run.execute().code == 2)
    }
  }

  @Test("it is looked at as a folder, by its name and by its file's")
  func inspected() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      // Of a name that no other test loads here.
      try Self.make(folder, "looked")
      let place = folder.path + "/looked"
      for path in [place, place + "/", place + "/looked.so"] {
        let found = PluginInspection(path: path)
        #expect(found.objections.isEmpty && found.manifest?.id == "looked", "\(path): \(found.objections)")
      }
      try FileManager.default.moveItem(atPath: place + "/lib", toPath: place + "/gone")
      for path in [place, place + "/looked.so"] {
        let objections = PluginInspection(path: path).objections
        #expect(objections.contains { $0.rule.contains("libhelp-looked.so.1") }, "\(path): \(objections)")
      }
      // A lone file beside its libraries is none.
      try FileManager.default.moveItem(atPath: place + "/gone", toPath: place + "/lib")
      try FileManager.default.moveItem(atPath: place + "/looked.so", toPath: place + "/other.so")
      #expect(!PluginInspection(path: place + "/other.so").objections.isEmpty)
    }
  }

  @Test(
    "the hash is of all that is in it: another library is another plug-in, the same bytes are the same one")
  func hash() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      try Self.make(folder, "hashed", says: 0)
      let scan = try Self.scan(folder)
      let first = try Self.accepted(scan.judge("hashed", in: folder.path))
      #expect(try Self.accepted(scan.judge("hashed", in: folder.path)) == first)
      #expect(try PluginContent.hash(of: folder.path + "/hashed") == first.sha256)
      try Self.make(folder, "hashed", says: 2)
      #expect(try Self.accepted(scan.judge("hashed", in: folder.path)).sha256 != first.sha256)
    }
  }

  @Test(
    "a second library of a name that is loaded is refused by the loader, which would go on with the first")
  func twins() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let scan = try Self.scan(folder)
      let loader = PluginLoader(host: HostTables.shared.host)
      try Self.make(folder, "twin", says: 0)
      let first = try Self.accepted(scan.judge("twin", in: folder.path))
      try Self.make(folder, "twin", says: 2)
      // Both are judged before one is loaded: the process that judges loads none.
      let second = try Self.accepted(scan.judge("twin", in: folder.path))
      _ = try loader.load(imagePath: first.imagePath, sha256: first.sha256, manifest: first.manifest)
      #expect {
        _ = try loader.load(imagePath: second.imagePath, sha256: second.sha256, manifest: second.manifest)
      } throws: { "\($0)".contains("it brings another libhelp-twin.so.1") && "\($0)".contains("drain") }
    }
  }

  @Test("a library of a name that the worker itself has loaded is refused")
  func hostLibrary() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      try Self.make(folder, "clash", soname: "libcrypto.so.3")
      let message = Self.refusal(try Self.scan(folder).judge("clash", in: folder.path))
      #expect(message.contains("it brings its own libcrypto.so.3"), "\(message)")
    }
  }

  @Test("a folder that is not a plug-in is refused with what is wrong")
  func refused() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let scan = try Self.scan(folder)
      let place = folder.path + "/odd"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      #expect(Self.refusal(scan.judge("odd", in: folder.path)).contains("a folder without odd.so"))
      try Self.make(folder, "odd")
      try FileManager.default.createSymbolicLink(
        atPath: place + "/lib/x.so", withDestinationPath: "/etc/passwd")
      #expect(Self.refusal(scan.judge("odd", in: folder.path)).contains("leads elsewhere"))
      try FileManager.default.removeItem(atPath: place + "/lib/x.so")
      try Self.run("mkfifo", place + "/lib/pipe")
      #expect(Self.refusal(scan.judge("odd", in: folder.path)).contains("neither file nor folder"))
      try FileManager.default.removeItem(atPath: place + "/lib/pipe")
      try Self.run("chmod", "o+w", place + "/lib")
      #expect(Self.refusal(scan.judge("odd", in: folder.path)).contains("may be written by everybody"))
      try Self.run("chmod", "o-w", place + "/lib")
      try Self.run("rm", "-r", place + "/lib")
      #expect(Self.refusal(scan.judge("odd", in: folder.path)).contains("needs libhelp-odd.so.1"))
    }
  }

  @Test(
    "a library that is asked for by a path is not taken for one that came along: its path begins where a worker starts"
  )
  func pathNeeded() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let place = folder.path + "/slash"
      let library = place + "/lib/libhelp.so"
      try FileManager.default.createDirectory(atPath: place + "/lib", withIntermediateDirectories: true)
      try "int help(void) { return 0; }\n".write(
        toFile: folder.path + "/help.c", atomically: true, encoding: .utf8)
      try Self.run(
        "cc", "-shared", "-fPIC", "-Wl,-soname,lib/libhelp.so", folder.path + "/help.c", "-o", library)
      let source = PluginSource(id: "slash", code: "int help(void);\nint (*used)(void) = help;")
      try FileManager.default.copyItem(
        atPath: try source.build(flags: [library, "-Wl,-rpath,$ORIGIN"]), toPath: place + "/slash.so")
      try Self.run("chmod", "-R", "go-w", place)
      let message = Self.refusal(try Self.scan(folder).judge("slash", in: folder.path))
      #expect(message.contains("means another file wherever a worker starts"), "\(message)")
    }
  }

  @Test("a link whose target could be read as more lines of the folder's hash is refused")
  func linkTarget() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let scan = try Self.scan(folder)
      try Self.make(folder, "lines")
      for target in ["b\nfile c.so 00", "b c"] {
        let link = folder.path + "/lines/a"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(Self.refusal(scan.judge("lines", in: folder.path)).contains("leads elsewhere"))
        try FileManager.default.removeItem(atPath: link)
      }
    }
  }

  @Test("a change of any file in it is seen as a change of the plug-in")
  func signature() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      try Self.make(folder, "seen")
      let place = folder.path + "/seen"
      let before = FileSignature.ofPlugin(place)
      #expect(before == FileSignature.ofPlugin(place) && before?.isFolder == true)
      try Data("more".utf8).write(to: URL(fileURLWithPath: place + "/lib/data"))
      #expect(FileSignature.ofPlugin(place) != before)
    }
  }
}
