import Foundation
import TestSupport
import Testing

/// The package of the page, built by SwiftPM against a copy of the SDK as it is shipped.
@Suite("Swift wrapper: package", .serialized)
struct SwiftPackageTests {
  /// Kept between runs, so that only what changed is built again.
  private static let folder = Sample.root + "/.build/samples/wrappers-package"

  @Test("the page's package builds against an unpacked SDK, and its manifest is made by its program")
  func page() async throws {
    try await onThread {
      try Self.layOut()
      let manifest = Self.folder + "/hello/Sources/HelloManifest/manifest.c"
      let made = try ToolRun(["swift", "run", "hello-manifest", manifest], in: Self.folder + "/hello")
      #expect(made.status == 0, "\(made.output)")
      let check = try ToolRun(
        ["swift", "run", "hello-manifest", "--check", manifest], in: Self.folder + "/hello")
      #expect(check.status == 0, "\(check.output)")
      let build = try ToolRun(["swift", "build", "--product", "hello"], in: Self.folder + "/hello")
      #expect(build.status == 0, "\(build.output)")
      let file = Self.folder + "/hello/.build/debug/libhello.so"
      let inspect = try CommandRun(["plugin", "inspect", file])
      #expect(inspect.exitCode == 0, "\(inspect.output)\(inspect.errors)")
      #expect(inspect.output.contains("hello 1.0.0"))
    }
    let file = Self.folder + "/hello/.build/debug/libhello.so"
    try await PluginEngine.run(["hello": file]) { engine in
      let run = try engine.cancelled("hello:greet", #"{"name": "Ada"}"#, after: "Hello, Ada!")
      #expect(run.state == "cancelled")
    }
  }

  /// The SDK copied as links are copied by tar, and the page's blocks beside it.
  private static func layOut() throws {
    try FileManager.default.createDirectory(atPath: folder + "/PluginSDK", withIntermediateDirectories: true)
    let copy = try ToolRun([
      "sh", "-c",
      "tar -C '\(Sample.root)/PluginSDK' --exclude .build -cf - include swift | tar -C '\(folder)/PluginSDK' -xf -",
    ])
    guard copy.status == 0 else { throw ToolFailure(copy.output) }
    let page = try String(contentsOfFile: Sample.root + "/PluginSDK/swift/README.md", encoding: .utf8)
    let blocks = page.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    guard blocks.count >= 2 else { throw ToolFailure("the page has \(blocks.count) blocks of Swift") }
    let sources = folder + "/hello/Sources/"
    try write(blocks[1], to: folder + "/hello/Package.swift")
    try write(blocks[0], to: sources + "Hello/Hello.swift")
    for (number, block) in blocks.enumerated().dropFirst(2) where block.hasPrefix("import BulkheadPlugin") {
      try write(block, to: sources + "Hello/Block\(number).swift")
    }
    try write(
      "import BulkheadPlugin\nimport Hello\n\nManifestCommand.run(plugin)\n",
      to: sources + "hello-manifest/main.swift")
    if !FileManager.default.fileExists(atPath: sources + "HelloManifest/manifest.c") {
      try write("/* not made yet */\n", to: sources + "HelloManifest/manifest.c")
    }
  }

  /// Writes only what differs: SwiftPM looks at the time of change.
  private static func write(_ text: String, to path: String) throws {
    if (try? String(contentsOfFile: path, encoding: .utf8)) == text { return }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
}
