import DataModel
import Foundation
import PluginHost
import TestSupport
import Testing
import Threading

/// What a directory's watch told, in order, to be waited for.
private final class OutcomeLog: Sendable {
  private struct State {
    var calls = 0
    var latest: [String: PluginFileOutcome] = [:]
    var told: [PluginFileOutcome] = []
  }

  private let state = Threading.Condition(State())

  func take(_ outcomes: [PluginFileOutcome]) {
    state.update { state in
      state.calls += 1
      state.told += outcomes
      for outcome in outcomes { state.latest[outcome.file] = outcome }
    }
  }

  var told: [PluginFileOutcome] { state.withLock { $0.told } }
  var calls: Int { state.withLock { $0.calls } }

  /// Waits until the file's last outcome is as wanted; false when the time passed first.
  func wait(for file: String, seconds: Int64 = 10, _ isWanted: (PluginFileOutcome) -> Bool) -> Bool {
    state.wait(milliseconds: seconds * 1000) { state in
      state.latest[file].map(isWanted) == true ? true : nil
    } ?? false
  }

  func waitForVersion(_ version: String, of file: String, seconds: Int64 = 60) -> Bool {
    wait(for: file, seconds: seconds) { $0.version == version }
  }

  func waitForRefusal(of file: String, _ text: String, seconds: Int64 = 60) -> Bool {
    wait(for: file, seconds: seconds) { outcome in
      if case .refused(_, let refusal) = outcome { refusal.message.contains(text) } else { false }
    }
  }

  func waitForRemoval(of file: String) -> Bool { wait(for: file) { $0 == .removed(file: file) } }
}

extension PluginFileOutcome {
  fileprivate var version: String? {
    if case .accepted(_, let plugin) = self { plugin.manifest.version } else { nil }
  }
}

@Suite("Plug-in directory", .serialized)
final class PluginDirectoryTests: Sendable {
  private let base: TemporaryFolder
  private let log = OutcomeLog()
  private let missing = Threading.Condition<[Bool]>([])
  private var folder: String { base.path + "/plugins" }

  init() throws { base = try TemporaryFolder() }

  private let revoked = Threading.Condition<[String: String]>([:])

  private func watch() throws -> PluginDirectory {
    let scan = PluginScan(
      cache: try PluginImageCache(folder: base.path + "/images"),
      trial: TrialLoad(command: TrialCommand.words, limitMilliseconds: 20_000),
      trust: TrustRules(revoked: { [revoked] in revoked.withLock { $0 } }))
    return try PluginDirectory(
      path: folder, scan: scan, onMissing: { [missing] isMissing in missing.update { $0.append(isMissing) } }
    ) { [log] in log.take($0) }
  }

  private static func plugin(_ version: String, id: String = "watched") throws -> String {
    try PluginSource(id: id, version: version).build()
  }

  /// Runs the test's blocking body on a thread of its own, with a watch that is stopped after it.
  private func watching(_ body: @escaping @Sendable (PluginDirectoryTests) throws -> Void) async throws {
    try await onThread { [self] in
      let directory = try watch()
      defer { directory.stop() }
      try #require(directory.waitUntilScanned(milliseconds: 10_000))
      try body(self)
    }
  }

  @Test("the directory is made, and the first call comes also when it is empty")
  func empty() async throws {
    try await watching { test in
      let facts = try FileManager.default.attributesOfItem(atPath: test.folder)
      #expect(facts[.posixPermissions] as? Int == 0o755)
      #expect(test.log.calls == 1 && test.log.told.isEmpty)
    }
  }

  @Test("what is there at the start is told in the first call, all at once")
  func start() async throws {
    mkdir(folder, 0o755)
    try base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
    try base.write(Data("text".utf8), as: "plugins/t.so")
    try base.write(Data("text".utf8), as: "plugins/README")
    try base.write(Data("text".utf8), as: "plugins/.hidden.so")
    mkdir(folder + "/sub", 0o755)
    try await watching { test in
      #expect(test.log.calls == 1)
      #expect(test.log.told.map(\.file) == ["sub", "t.so", "a.so"])
      #expect(test.log.waitForRefusal(of: "sub", "a folder without sub.so"))
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
    }
  }

  @Test(
    "a drop by copy or by rename is seen, an overwrite is a new version, a removal is told")
  func drops() async throws {
    try await watching { test in
      try test.base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      try test.base.copy(Self.plugin("1.0.0", id: "renamed"), as: "new")
      #expect(rename(test.base.path + "/new", test.folder + "/b.so") == 0)
      #expect(test.log.waitForVersion("1.0.0", of: "b.so"))

      try test.base.copy(Self.plugin("2.0.0"), as: "new")
      #expect(rename(test.base.path + "/new", test.folder + "/a.so") == 0)
      #expect(test.log.waitForVersion("2.0.0", of: "a.so"))
      #expect(unlink(test.folder + "/a.so") == 0)
      #expect(test.log.waitForRemoval(of: "a.so"))
    }
  }

  @Test("an overwrite in place by a slow writer is taken whole and never in part")
  func slowOverwrite() async throws {
    try await watching { test in
      try test.base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      guard case .accepted(_, let first)? = test.log.told.last else { throw ToolFailure("not accepted") }

      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.plugin("2.0.0"))))
      let writer = open(test.folder + "/a.so", O_WRONLY | O_TRUNC)
      _ = write(writer, bytes, bytes.count / 2)
      // The writer stops half-way: after some patience the file is what it is, and the loaded copy is
      // untouched.
      #expect(test.log.waitForRefusal(of: "a.so", "it is cut off"))
      #expect(FileSignature(path: first.imagePath) != nil)
      _ = bytes.withUnsafeBytes {
        write(writer, $0.baseAddress?.advanced(by: bytes.count / 2), bytes.count - bytes.count / 2)
      }
      // Not closed: seen because it stays the same.
      #expect(test.log.waitForVersion("2.0.0", of: "a.so", seconds: 30))
      close(writer)
      #expect(test.log.told.compactMap(\.version) == ["1.0.0", "2.0.0"])
    }
  }

  @Test("a writer who pauses less than our patience is never refused")
  func pausingWriter() async throws {
    try await watching { test in
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.plugin("1.0.0"))))
      let writer = open(test.folder + "/a.so", O_WRONLY | O_CREAT, 0o644)
      var longest: Int64 = 0
      for start in stride(from: 0, to: bytes.count, by: bytes.count / 4) {
        let end = min(start + bytes.count / 4, bytes.count)
        let began = MonotonicClock.nanoseconds
        _ = bytes.withUnsafeBytes { write(writer, $0.baseAddress?.advanced(by: start), end - start) }
        // A plug-in that is written after it, and not closed either, is told when it has settled: by then the
        // first one had as well.
        let marker = [UInt8](
          try Data(contentsOf: URL(fileURLWithPath: Self.plugin("1.0.\(start)", id: "marker"))))
        let open = Foundation.open(test.folder + "/marker.so", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(open) }
        _ = write(open, marker, marker.count)
        #expect(test.log.waitForVersion("1.0.\(start)", of: "marker.so"))
        longest = max(longest, MonotonicClock.nanoseconds - began)
      }
      close(writer)
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      // On a machine so busy that the writer paused longer, it may have been called cut off in between.
      if longest < 2_000_000_000 {
        #expect(test.log.told.filter { $0.file == "a.so" }.count == 1)
      }
    }
  }

  @Test("a refused file is taken when its fault is cured, without being copied again")
  func cures() async throws {
    try await watching { test in
      try test.base.copy(Self.plugin("1.0.0"), as: "new")
      chmod(test.base.path + "/new", 0o666)
      rename(test.base.path + "/new", test.folder + "/a.so")
      #expect(test.log.waitForRefusal(of: "a.so", "it may be written by everybody"))
      chmod(test.folder + "/a.so", 0o644)
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      chmod(test.folder, 0o777)
      #expect(test.log.waitForRefusal(of: "a.so", "its folder"))
      chmod(test.folder, 0o755)
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
    }
  }

  @Test("a plug-in that is revoked while its directory is gone is refused all the same")
  func revokedAway() async throws {
    try await watching { test in
      let built = try Self.plugin("1.0.0")
      try test.base.copy(built, as: "plugins/a.so")
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      #expect(rename(test.folder, test.base.path + "/aside") == 0)
      #expect(test.missing.wait(milliseconds: 20_000) { $0 == [true] ? true : nil } == true)
      let hash = try PluginContent.hash(of: built)
      test.revoked.update { $0 = [hash: "leaks"] }
      #expect(test.log.waitForRefusal(of: "a.so", "was revoked: leaks"))
    }
  }

  @Test("a directory that vanishes takes no plug-in with it; one that comes in its place is looked at anew")
  func vanishes() async throws {
    try await watching { test in
      try test.base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      let aside = test.base.path + "/aside"
      #expect(rename(test.folder, aside) == 0)
      #expect(test.missing.wait(milliseconds: 20_000) { $0 == [true] ? true : nil } == true)
      #expect(!test.log.told.contains(.removed(file: "a.so")), "nothing was told of its files")
      // Removed while nobody looked, and seen when the folder is back.
      unlink(aside + "/a.so")
      #expect(rename(aside, test.folder) == 0)
      #expect(test.log.waitForRemoval(of: "a.so"))
      #expect(test.missing.withLock { $0 } == [true, false])

      // Exchanged in one step for another one, as careful people deploy.
      try FileManager.default.removeItem(atPath: test.folder)
      mkdir(aside, 0o755)
      try test.base.copy(Self.plugin("2.0.0"), as: "aside/a.so")
      #expect(rename(aside, test.folder) == 0)
      #expect(test.log.waitForVersion("2.0.0", of: "a.so"))
      // And the new folder is watched like the old one.
      try test.base.copy(Self.plugin("3.0.0"), as: "plugins/a.so")
      #expect(test.log.waitForVersion("3.0.0", of: "a.so"))
    }
  }

  @Test("two files with one id: both are refused until one goes")
  func twoFiles() async throws {
    try await watching { test in
      try test.base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
      #expect(test.log.waitForVersion("1.0.0", of: "a.so"))
      try test.base.copy(Self.plugin("2.0.0"), as: "plugins/b.so")
      #expect(test.log.waitForRefusal(of: "a.so", "so is b.so with other bytes"))
      #expect(test.log.waitForRefusal(of: "b.so", "so is a.so with other bytes"))
      unlink(test.folder + "/a.so")
      #expect(test.log.waitForVersion("2.0.0", of: "b.so"))
    }
  }

  @Test("a plug-in that hangs holds up no other")
  func hanging() async throws {
    try await watching { test in
      try test.base.copy(Sample.misbehaving("hang_constructor"), as: "plugins/hang.so")
      try test.base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
      #expect(test.log.waitForVersion("1.0.0", of: "a.so", seconds: 18))
      #expect(!test.log.told.contains { $0.file == "hang.so" })
      #expect(test.log.waitForRefusal(of: "hang.so", "did not come back in 20 s"))
    }
  }

  @Test("after stop nothing is told any more, and a path that cannot be made says so")
  func stops() async throws {
    let calls = try await onThread { [self] in
      let directory = try watch()
      directory.stop()
      directory.stop()
      return log.calls
    }
    try base.copy(Self.plugin("1.0.0"), as: "plugins/a.so")
    #expect(log.calls == calls)
    let missing = base.path + "/no/plugins"
    let images = base.path + "/images"
    let error = #expect(throws: PluginError.self) {
      try PluginDirectory(path: missing, cache: images, trial: ["/bin/true"]) { _ in }
    }
    #expect(error?.message.hasPrefix("cannot make the plug-in directory \(missing)") == true)
  }
}
