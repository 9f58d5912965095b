import DataModel
import Foundation
import Storage
import TestSupport
import Testing

@Suite("Trust, from the key to the refusal")
struct TrustVerbTests {
  /// An engine that takes signed plug-ins only, and where its keys are.
  private static func run(_ body: @escaping @Sendable (RunningEngine, _ keys: String) throws -> Void)
    async throws
  {
    try await onThread {
      let keys = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: keys) }
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.start(environment: ["BULKHEAD_PLUGINS_TRUST": "signed", "BULKHEAD_PLUGINS_KEYS": keys])
      try body(engine, keys)
    }
  }

  private static func file(_ engine: RunningEngine, _ state: PluginFile.State, _ message: String = "") throws
  {
    try engine.waitForPlugins { list in
      list.files.contains { $0.file == "witness.so" && $0.state == state && $0.message.contains(message) }
    }
  }

  @Test(
    "a plug-in is taken when its signature comes, refused when the key goes, and its jobs say why they wait")
  func signed() async throws {
    try await Self.run { engine, keys in
      let made = try CommandRun(["plugin", "keys", "generate", "release", "--output", keys])
      try #require(made.exitCode == 0, "\(made)")
      let secret = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString + ".key"
      try FileManager.default.moveItem(atPath: keys + "/release.key", toPath: secret)
      defer { try? FileManager.default.removeItem(atPath: secret) }
      let plugin = engine.pluginFolder + "/witness.so"
      try engine.install(Sample.witness(), as: "witness.so")
      try Self.file(engine, .refused, "it has no signature")
      let unsigned = try CommandRun(["plugin", "verify", plugin, "--keys", keys])
      #expect(unsigned.exitCode == 7 && unsigned.errors.contains("it has no signature"), "\(unsigned)")
      let sign = try CommandRun(["plugin", "sign", plugin, "--key", secret])
      #expect(sign.exitCode == 0, "\(sign)")
      try engine.waitForPlugin("witness")
      let verify = try CommandRun(["plugin", "verify", plugin, "--keys", keys, "--json"])
      #expect(verify.exitCode == 0 && verify.output.contains(#""signer":"release""#), "\(verify)")
      try FileManager.default.removeItem(atPath: keys + "/release.pub")
      try Self.file(engine, .refused, "signed by the key")
      let submit = try CommandRun(
        [
          "submit", "witness:never", "--param", "file=/tmp/x", "--param", "work_ms=1", "--store",
          engine.storeArgument,
        ])
      #expect(submit.exitCode != 0 && submit.errors.contains("witness"), "\(submit)")
    }
  }

  @Test("a revoked content is refused at once under every name, over a restart, until it is restored")
  func revoked() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.install(Sample.witness(), as: "witness.so")
      try engine.start()
      try engine.waitForPlugin("witness")
      func verb(_ words: String...) throws -> CommandRun {
        try CommandRun(words + ["--store", engine.storeArgument])
      }
      let revoke = try verb("plugins", "revoke", "witness", "--reason", "it leaks")
      #expect(revoke.exitCode == 0, "\(revoke)")
      try Self.file(engine, .refused, "was revoked: it leaks")
      engine.killServe(SIGTERM)
      try engine.start()
      try Self.file(engine, .refused, "was revoked: it leaks")
      let list = try verb("plugins", "revocations", "--json")
      let hash = try #require(
        try JSONValue(parsing: list.output)["revocations"]?.arrayValue?.first?["sha256"]?.stringValue)
      #expect(try verb("plugins", "restore", hash).exitCode == 0)
      try engine.waitForPlugin("witness")
      let again = try verb("plugins", "restore", hash)
      #expect(again.exitCode == 6 && again.errors.contains("is not revoked"), "\(again)")
      #expect(try verb("plugins", "revoke", "nobody").exitCode == 6)
      #expect(try verb("plugins", "restore", "zz").exitCode == 64)
    }
  }

  @Test("what cannot be signed or made is refused with what to do, and nothing is left behind")
  func refused() async throws {
    try await onThread {
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let so = try Sample.witness()
      #expect(try CommandRun(["plugin", "sign", folder + "/none.so", "--key", "k"]).exitCode == 6)
      #expect(try CommandRun(["plugin", "sign", so, "--key", folder + "/none.key"]).exitCode == 6)
      let noKey = folder + "/a.key"
      try "no key".write(toFile: noKey, atomically: true, encoding: .utf8)
      let bad = try CommandRun(["plugin", "sign", so, "--key", noKey, "--output", folder + "/a.sig"])
      #expect(bad.exitCode == 7 && bad.errors.contains("no secret Ed25519 key"), "\(bad)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.sig"))
      #expect(try CommandRun(["plugin", "keys", "generate", "k", "--output", folder]).exitCode == 0)
      let twice = try CommandRun(["plugin", "keys", "generate", "k", "--output", folder])
      #expect(twice.exitCode == 7 && twice.errors.contains("is there already"), "\(twice)")
      #expect(try CommandRun(["plugin", "keys", "generate", "../k", "--output", folder]).exitCode == 64)
      let mode =
        try FileManager.default.attributesOfItem(atPath: folder + "/k.key")[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(try CommandRun(["plugin", "verify", so]).exitCode == 64, "no folder of keys is named")
    }
  }
}
