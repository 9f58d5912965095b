import DataModel
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

@Suite("Trust in plug-ins")
struct TrustTests {
  private let hash = String(repeating: "ab", count: 32)

  private static func key() throws -> SigningKey { try #require(SigningKey.generate()) }

  private static func objection(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test("a signature is of one content and by one key")
  func signature() throws {
    let (key, other) = (try Self.key(), try Self.key())
    let signature = try #require(PluginSignature(sha256: hash, key: key))
    let shared = try #require(SigningKey(pem: key.pem(.shared) ?? "", .shared))
    #expect(shared.identity == key.identity && signature.isBy(shared, sha256: hash))
    #expect(!signature.isBy(shared, sha256: String(repeating: "ac", count: 32)))
    #expect(!PluginSignature(keyIdentity: other.identity, bytes: signature.bytes).isBy(other, sha256: hash))
    #expect(PluginSignature(text: signature.text) == signature)
    #expect(PluginSignature(sha256: hash, key: shared) == nil, "the public part cannot sign")
  }

  @Test("keys are read from PEM of Ed25519 only, and what openssl signs is taken")
  func openssl() async throws {
    try await onThread { [hash] in
      let folder = try TemporaryFolder()
      let file = folder.path + "/k.pem"
      func openssl(_ words: String...) throws -> ToolRun { try ToolRun(["openssl"] + words) }
      try #require(try openssl("genpkey", "-algorithm", "ed25519", "-out", file).status == 0)
      let key = try #require(SigningKey(pem: try String(contentsOfFile: file, encoding: .utf8), .secret))
      try folder.write(Data(PluginSignature.message(sha256: hash)), as: "message")
      let sign = try openssl(
        "pkeyutl", "-sign", "-rawin", "-inkey", file, "-in", folder.path + "/message", "-out",
        folder.path + "/raw")
      try #require(sign.status == 0, "\(sign.output)")
      let raw = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "/raw")))
      #expect(PluginSignature(keyIdentity: key.identity, bytes: raw).isBy(key, sha256: hash))
      let rsa = folder.path + "/rsa.pem"
      try #require(try openssl("genpkey", "-algorithm", "rsa", "-out", rsa).status == 0)
      #expect(SigningKey(pem: try String(contentsOfFile: rsa, encoding: .utf8), .secret) == nil)
      #expect(
        SigningKey(pem: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", .secret) == nil)
    }
  }

  @Test(
    "a text that is no signature is none",
    arguments: [
      "", "x", "bulkhead plug-in signature 1\nkey: 00\nsignature: 00\n", "bulkhead plug-in signature 2\n",
    ])
  func garbage(text: String) { #expect(PluginSignature(text: text) == nil) }

  @Test("a signed plug-in is taken under the name of its key; every other is refused with what to do")
  func signed() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let keys = try TemporaryFolder()
      let (known, stranger) = (try Self.key(), try Self.key())
      try keys.write(Data((known.pem(.shared) ?? "").utf8), as: "release.pub")
      let file = try folder.copy(PluginSource(id: "signed").build(), as: "signed.so")
      let sha256 = try PluginContent.hash(of: file)
      let rules = TrustRules(PluginTrust(rule: .signed, keyFolder: keys.path))
      #expect(
        Self.objection { _ = try rules.check(sha256: sha256, path: file) }.contains("it has no signature"))
      func sign(_ key: SigningKey, _ hash: String) throws {
        let signature = try #require(PluginSignature(sha256: hash, key: key))
        try folder.write(Data(signature.text.utf8), as: "signed.so.sig")
      }
      try sign(stranger, sha256)
      let unknown = Self.objection { _ = try rules.check(sha256: sha256, path: file) }
      #expect(unknown.contains("signed by the key \(stranger.identity), which is not in"), "\(unknown)")
      try sign(known, String(repeating: "0", count: 64))
      #expect(
        Self.objection { _ = try rules.check(sha256: sha256, path: file) }.contains("is not of this content"))
      try folder.write(Data("garbage".utf8), as: "signed.so.sig")
      #expect(
        Self.objection { _ = try rules.check(sha256: sha256, path: file) }.contains("is no signature"))
      try sign(known, sha256)
      #expect(try rules.check(sha256: sha256, path: file) == "release")
    }
  }

  @Test("a folder of keys that others may write, or with a file that is no key, counts for nothing")
  func keyFolder() async throws {
    try await onThread {
      let keys = try TemporaryFolder()
      try keys.write(Data("no key".utf8), as: "a.pub")
      #expect(
        Self.objection { _ = try KeyFolder(path: keys.path).entries() }.contains(
          "holds no public Ed25519 key"))
      try FileManager.default.removeItem(atPath: keys.path + "/a.pub")
      #expect(try KeyFolder(path: keys.path).entries().isEmpty)
      chmod(keys.path, 0o777)
      #expect(
        Self.objection { _ = try KeyFolder(path: keys.path).entries() }.contains(
          "may be written by everybody"))
      chmod(keys.path, 0o755)
      #expect(
        Self.objection { _ = try KeyFolder(path: keys.path + "/none").entries() }.contains("is not there"))
    }
  }

  @Test("an allow list takes what is on it, and what is revoked is never taken")
  func lists() throws {
    let other = String(repeating: "0", count: 64)
    let allow = TrustRules(PluginTrust(rule: .allowList, allowed: [hash]))
    #expect(try allow.check(sha256: hash, path: "/x") == "")
    #expect(Self.objection { _ = try allow.check(sha256: other, path: "/x") }.contains("is not on the list"))
    let revoked = TrustRules(PluginTrust(revoked: [hash]), revoked: { [other: "leaks"] })
    #expect(
      Self.objection { _ = try revoked.check(sha256: hash, path: "/x") }.contains(
        "revoked by the configuration"))
    #expect(
      Self.objection { _ = try revoked.check(sha256: other, path: "/x") }.contains("was revoked: leaks"))
  }

  @Test("a file that was not trusted is never run: its constructor leaves no trace")
  func notRun() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let trace = folder.path + "/ran"
      let source = PluginSource(
        id: "eager",
        code: """
          #include <fcntl.h>
          __attribute__((constructor)) static void ran(void) { close(open("\(trace)", O_CREAT | O_WRONLY, 0600)); }
          """)
      chmod(folder.path, 0o777 & ~0o022)
      try folder.copy(source.build(), as: "eager.so")
      let cache = try PluginImageCache(folder: folder.path + "/cache")
      let trial = TrialLoad(command: TrialCommand.words)
      let distrusting = PluginScan(
        cache: cache, trial: trial, trust: TrustRules(PluginTrust(rule: .allowList)))
      guard case .refused(let refusal) = distrusting.judge("eager.so", in: folder.path) else {
        Issue.record("it was taken")
        return
      }
      #expect(refusal.pluginID == "eager" && refusal.message.contains("is not on the list"))
      #expect(!FileManager.default.fileExists(atPath: trace))
    }
  }

  @Test("a copy that is exchanged after it was checked is not loaded")
  func swapped() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      try folder.copy(PluginSource(id: "swap").build(), as: "swap.so")
      let cache = try PluginImageCache(folder: folder.path + "/cache")
      let scan = PluginScan(cache: cache, trial: TrialLoad(command: TrialCommand.words))
      guard case .accepted(let plugin) = scan.judge("swap.so", in: folder.path) else {
        Issue.record("it was refused")
        return
      }
      let other = try PluginSource(id: "swap", code: "int changed = 1;").build()
      try FileManager.default.removeItem(atPath: plugin.imagePath)
      try FileManager.default.copyItem(atPath: other, toPath: plugin.imagePath)
      let loader = PluginLoader(host: HostTables.shared.host)
      let objection = Self.objection {
        _ = try loader.load(imagePath: plugin.imagePath, sha256: plugin.sha256, manifest: plugin.manifest)
      }
      #expect(objection.contains("missing or damaged"), "\(objection)")
    }
  }

  @Test("one whose file was written while it was loaded is not asked for its entry")
  func writtenWhileLoading() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let source = PluginSource(
        id: "writer",
        code: """
          #include <dlfcn.h>
          __attribute__((constructor)) static void grow(void) {
            Dl_info info;
            if (dladdr((void *)act, &info) == 0) return;
            FILE *file = fopen(info.dli_fname, "a");
            if (file != NULL) { fputc(0, file); fclose(file); }
          }
          """,
        ending: """
          __attribute__((visibility("default"))) const bh_plugin *bh_plugin_entry(const bh_host *host) {
            (void)host;
            return NULL;
          }
          """)
      let path = try folder.copy(source.build(flags: ["-D_GNU_SOURCE"]), as: "writer.so")
      let loader = PluginLoader(host: HostTables.shared.host)
      let hash = try PluginContent.hash(of: path)
      let objection = Self.objection {
        _ = try loader.load(
          imagePath: path, sha256: hash, manifest: try Manifest(text: PluginSource.manifest("writer")))
      }
      #expect(objection.contains("was exchanged while it was loaded"), "\(objection)")
    }
  }

  @Test("a file that is exchanged between the hash and the load is found out by what is mapped")
  func exchangedWhileLoading() async throws {
    try await onThread {
      let folder = try TemporaryFolder()
      let (first, second) = (try PluginSource(id: "one").build(), try PluginSource(id: "two").build())
      let path = try folder.copy(first, as: "a.so")
      let image = try MappedImage.open(path, try PluginContent.hash(of: path))
      try FileManager.default.removeItem(atPath: path)
      try folder.copy(second, as: "a.so")
      let library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)
      let entry = dlsym(library, "bh_plugin_entry")
      #expect {
        try image.checkMapped(at: entry)
      } throws: { "\($0)".contains("was exchanged while it was loaded") }
    }
  }

  @Test("a trial that went well is remembered for this machine as it is, and not for another content")
  func remembered() async throws {
    try await onThread { [hash] in
      let folder = try TemporaryFolder()
      let cache = try PluginImageCache(folder: folder.path + "/cache")
      #expect(!cache.wasTried(hash, "machine"))
      cache.noteTried(hash, "machine")
      #expect(cache.wasTried(hash, "machine") && !cache.wasTried(hash, "another machine"))
      #expect(!cache.wasTried(String(repeating: "0", count: 64), "machine"))
      cache.keepOnly([])
      #expect(!cache.wasTried(hash, "machine"))
    }
  }
}
