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
      try? FileManager.default.removeItem(atPath: manifest)
      // The page's own lines, but for the first, which needs no build, and the mode: the debug one is built already.
      let page = try String(contentsOfFile: Sample.root + "/PluginSDK/swift/README.md", encoding: .utf8)
      let lines = page.split(separator: "\n").filter {
        $0.hasPrefix("mkdir -p Sources") || $0.hasPrefix("swift ")
      }
      #expect(lines.count == 4)
      let script = lines.joined(separator: "\n").replacing("-c release ", with: "")
      let run = try ToolRun(
        ["env", "SDK=" + Self.folder + "/PluginSDK", "sh", "-e", "-c", script], in: Self.folder + "/hello")
      #expect(run.status == 0, "\(run.output)")
      let file = Self.folder + "/hello/.build/debug/libhello.so"
      let check = try CommandRun(["plugin", "check", "--static", "--strict", file])
      // The block about records uses a draft, which is a note.
      #expect(check.exitCode == 0 && check.output.contains("0 errors, 0 warnings"), "\(check.output)")
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
    guard let package = blocks.first(where: { $0.contains("import PackageDescription") }) else {
      throw ToolFailure("the page has no package")
    }
    let sources = folder + "/hello/Sources/"
    try write(package, to: folder + "/hello/Package.swift")
    try write(blocks[0], to: sources + "Hello/Hello.swift")
    try write(
      "import BulkheadPlugin\nimport Hello\n\nManifestCommand.run(plugin)\n",
      to: sources + "hello-manifest/main.swift")
    for (index, block) in blocks.dropFirst().filter({ $0.contains("import BulkheadPlugin") }).enumerated() {
      try write(block, to: sources + "Hello/Block\(index).swift")
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
