import Foundation
import PluginHost
import TestSupport
import Testing
import Threading

@Suite("Private copies")
struct PluginImageCacheTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ path: String) -> Int {
    let facts = try? FileManager.default.attributesOfItem(atPath: path)
    return facts?[.posixPermissions] as? Int ?? 0
  }

  private func take(_ cache: PluginImageCache, _ path: String) throws -> PluginImageCache.Image? {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    return try cache.take(descriptor)
  }

  @Test("a copy is named by its hash, read-only, in a folder for us alone, and made once")
  func copies() throws {
    let cache = try PluginImageCache(folder: folder.path + "/images")
    let source = try folder.write(
      Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }), as: "a.so")
    let image = try #require(try take(cache, source))
    let expected = try ToolRun(["sha256sum", source]).output.prefix(64)
    #expect(image.sha256 == expected && image.isNew)
    #expect(image.path == folder.path + "/images/\(expected).so")
    #expect(mode(image.path) == 0o444 && mode(folder.path + "/images") == 0o700)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: image.path)) == Data(contentsOf: URL(fileURLWithPath: source))
    )
    let inode = FileSignature(path: image.path)?.inode
    let again = try #require(try take(PluginImageCache(folder: folder.path + "/images"), source))
    #expect(again.path == image.path && !again.isNew && FileSignature(path: again.path)?.inode == inode)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/images").count == 1, "no rest")
  }

  @Test("a damaged copy is made anew")
  func damaged() throws {
    let cache = try PluginImageCache(folder: folder.path + "/images")
    let source = try folder.write(Data("content".utf8), as: "a.so")
    let image = try #require(try take(cache, source))
    chmod(image.path, 0o644)
    try Data("other".utf8).write(to: URL(fileURLWithPath: image.path))
    #expect(try take(cache, source)?.isNew == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: image.path)) == Data("content".utf8))
  }

  @Test("a file that is written to while it is copied is never kept half old, half new")
  func changing() async throws {
    let cache = try PluginImageCache(folder: folder.path + "/images")
    let source = try folder.write(Data(count: 32 << 20), as: "a.so")
    let isOver = Threading.Condition(false)
    let writer = OSThread("writer") {
      let descriptor = open(source, O_WRONLY | O_APPEND)
      while !isOver.withLock({ $0 }) { _ = "x".withCString { write(descriptor, $0, 1) } }
      close(descriptor)
    }
    let image = try await onThread { try take(cache, source) }
    isOver.update { $0 = true }
    await onThreadIgnoringErrors { writer.join() }
    #expect(image == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/images").isEmpty)
  }

  private func onThreadIgnoringErrors(_ body: @escaping @Sendable () -> Void) async {
    _ = try? await onThread(body)
  }

  @Test("rests of a copy that was cut short are removed at the start; copies are kept or dropped by name")
  func cleaning() throws {
    let images = folder.path + "/images"
    let cache = try PluginImageCache(folder: images)
    let first = try #require(try take(cache, folder.write(Data("1".utf8), as: "1.so")))
    let second = try #require(try take(cache, folder.write(Data("2".utf8), as: "2.so")))
    try Data("half".utf8).write(to: URL(fileURLWithPath: images + "/.99-1.tmp"))
    let next = try PluginImageCache(folder: images)
    next.keepOnly([first.sha256])
    #expect(try FileManager.default.contentsOfDirectory(atPath: images) == [first.sha256 + ".so"])
    #expect(!FileManager.default.fileExists(atPath: second.path))
  }

  @Test("a folder that is not ours alone is not used")
  func folderChecks() throws {
    let file = try folder.write(Data(), as: "file")
    #expect(throws: PluginError.self) { try PluginImageCache(folder: file) }
    symlink(folder.path, folder.path + "/link")
    #expect(throws: PluginError.self) { try PluginImageCache(folder: folder.path + "/link") }
    mkdir(folder.path + "/open", 0o755)
    chmod(folder.path + "/open", 0o777)
    let unsafe = #expect(throws: PluginError.self) {
      try PluginImageCache(folder: folder.path + "/open/images")
    }
    #expect(unsafe?.message.contains("is not safe: the folder \(folder.path)/open above it") == true)
    let error = #expect(throws: PluginError.self) { try PluginImageCache(folder: folder.path + "/no/images") }
    #expect(error?.message.hasPrefix("cannot make the folder for loaded plug-ins") == true)
  }
}
