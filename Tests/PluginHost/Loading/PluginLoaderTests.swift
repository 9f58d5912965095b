import CBulkheadPlugin
import DataModel
import Foundation
import PluginHost
import TestSupport
import Testing

@Suite("Plug-in loader")
struct PluginLoaderTests {
  private let folder: TemporaryFolder
  private let cache: PluginImageCache
  private let loader = PluginLoader(host: HostTables.trial.host)

  init() throws {
    folder = try TemporaryFolder()
    cache = try PluginImageCache(folder: folder.path + "/images")
  }

  private func image(_ path: String) throws -> (PluginImageCache.Image, Manifest) {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    let image = try #require(try cache.take(descriptor))
    return (image, try PluginFacts.manifest(of: ELFFile(ByteSource(descriptor: descriptor))))
  }

  private func load(_ image: PluginImageCache.Image, _ manifest: Manifest) async throws -> PluginGeneration {
    try await onThread { [loader] in
      try loader.load(imagePath: image.path, sha256: image.sha256, manifest: manifest)
    }
  }

  @Test("a plug-in is loaded once, with a function for each action")
  func loads() async throws {
    let (image, manifest) = try image(Sample.bench())
    let first = try await load(image, manifest)
    #expect(Set(first.actions.keys) == Set(manifest.actions.map(\.name)))
    let noop = try #require(first.actions["noop"])
    #expect(noop.kind == JobKind(plugin: "bench", action: "noop"))
    #expect(noop.definition == manifest.action(named: "noop"))
    #expect(try await load(image, manifest) === first)
    unlink(image.path)
    #expect(try await load(image, manifest) === first, "what is loaded needs its file no more")
  }

  @Test("two versions of one plug-in work side by side, each with its own code")
  func versions() async throws {
    func source(_ version: String) -> PluginSource {
      PluginSource(
        id: "twice", version: version,
        code: "static int32_t answer(bh_ctx *c) { (void)c; return \(version.prefix(1)); }",
        ending:
          "static const bh_action actions[] = {BH_ACTION(\"act\", answer)}; BH_PLUGIN(actions) void *keep(void) { return (void *)act; }"
      )
    }
    var answers: [Int32] = []
    for version in ["1.0.0", "2.0.0"] {
      let (image, manifest) = try image(source(version).build(flags: ["-Wl,-soname,twice.so"]))
      let generation = try await load(image, manifest)
      answers.append(try #require(generation.actions["act"]).function.call(nil))
    }
    #expect(answers == [1, 2])
  }

  @Test("a copy that is damaged, missing or not named in full is not loaded")
  func damaged() async throws {
    let (image, manifest) = try image(PluginSource(id: "damagedcopy").build())
    let other = String(image.sha256.reversed())
    for (path, hash) in [(image.path, other), (image.path + "x", image.sha256), ("a.so", image.sha256)] {
      let message = try await onThread { [loader] () -> String in
        do throws(PluginError) {
          _ = try loader.load(imagePath: path, sha256: hash, manifest: manifest)
          return "loaded"
        } catch {
          return error.description
        }
      }
      #expect(message.hasPrefix("damagedcopy 1.0.0: its private copy \(path) is missing or damaged; copy"))
    }
  }

  @Test("a manifest that is not the code's is refused here too")
  func otherManifest() async throws {
    let (image, _) = try image(PluginSource(id: "mismatch").build())
    let manifest = try Manifest(
      text: PluginSource.manifest("mismatch").replacing("\"act\"", with: "\"other\""))
    let error = await #expect(throws: PluginError.self) { try await load(image, manifest) }
    #expect(error?.message.hasPrefix("mismatch 1.0.0: its manifest promises the action \"other\"") == true)
  }

  @Test("a host of another level is told from the plug-in's range")
  func levels() throws {
    let range = ABIRange(built: 3, minimumHost: 2)
    #expect(throws: Never.self) { try HostABI(minimum: 1, current: 2).check(range) }
    #expect(throws: Never.self) { try HostABI(minimum: 3, current: 9).check(range) }
    let old = #expect(throws: Objection.self) { try HostABI(minimum: 1, current: 1).check(range) }
    #expect(old?.rule == "it needs a host of ABI level 2, and this one has 1")
    let new = #expect(throws: Objection.self) { try HostABI(minimum: 4, current: 9).check(range) }
    #expect(new?.rule == "it was built for ABI level 3, and this host runs 4 and newer")
  }
}
