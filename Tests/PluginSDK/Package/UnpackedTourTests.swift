import Foundation
import TestSupport
import Testing

/// The documents of the made tar, followed by somebody who has the tar and the command, and nothing else.
@Suite("SDK package: its documents")
struct UnpackedTourTests {
  private typealias Unpacked = SDKPackageTests.Unpacked

  /// A shell in which `$SDK` and `bulkhead` are what the documents say.
  private func shell(_ line: String, _ sdk: SDKPackageTests.Unpacked, in folder: String) async throws
    -> ToolRun
  {
    let bin = sdk.scratch.path + "/bin"
    try? FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: false)
    try? FileManager.default.createSymbolicLink(
      atPath: bin + "/bulkhead", withDestinationPath: RunningEngine.executable)
    let setting =
      "PATH='\(bin)':$PATH; PKG_CONFIG_PATH='\(sdk.prefix)/share/pkgconfig'; SDK='\(sdk.prefix)/share/bulkhead/sdk'; "
      + "export PKG_CONFIG_PATH SDK; "
    return try await onThread { try ToolRun(["sh", "-e", "-c", setting + line], in: folder) }
  }

  private func page(_ name: String, of sdk: SDKPackageTests.Unpacked) throws -> String {
    try String(contentsOfFile: sdk.prefix + "/share/doc/bulkhead-sdk/" + name, encoding: .utf8)
  }

  private func blocks(_ language: String, of page: String) -> [String] {
    page.components(separatedBy: "```\(language)\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
  }

  /// The first line of the page that begins so, without its comment.
  private func command(_ start: String, of page: String) throws -> String {
    let line = try #require(page.split(separator: "\n").first { $0.hasPrefix(start) }, "no line: \(start)")
    return line.components(separatedBy: "  #")[0]
  }

  @Test("every command of the tour up to the engine works as it is written")
  func tour() async throws {
    let sdk = try Unpacked("tar.gz")
    let folder = sdk.scratch.path + "/empty"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let page = try page("README.md", of: sdk)
    try #require(blocks("c", of: page).first).write(
      toFile: folder + "/hello.c", atomically: true, encoding: .utf8)
    let build = try await shell(
      try command("cc -g -O2", of: page) + " -Wall -Wextra -Werror", sdk, in: folder)
    #expect(build.status == 0 && build.output.isEmpty, "\(build.output)")
    let tries = page.split(separator: "\n").filter {
      $0.hasPrefix("bulkhead plugin ") && $0.contains(" hello.so")
    }
    #expect(tries.count >= 5)
    for line in tries where !line.contains("--gdb") {
      let command = line.components(separatedBy: "  #")[0]
      let run = try await shell(command, sdk, in: folder)
      let expected: Int32 = command.contains("--cancel-after") ? 3 : command.contains("--deadline") ? 4 : 0
      #expect(run.status == expected, "\(command)\n\(run.output)")
      if command.contains("check") {
        #expect(run.output.contains("0 errors, 0 warnings, 0 notes"), "\(run.output)")
      }
    }
    let found = try await shell(
      try command("cc -g $(pkg-config", of: page) + "; bulkhead plugin check --static --strict hello.so", sdk,
      in: folder)
    #expect(found.status == 0, "\(found.output)")
  }

  @Test(
    "a C++ plug-in of the page is right for the check by hand, by pkg-config and by CMake",
    arguments: [("g++", "plugin_cxxflags"), ("clang++", "plugin_cxxflags_clang")])
  func cpp(compiler: String, flags: String) async throws {
    let sdk = try Unpacked("tar.gz")
    let folder = sdk.scratch.path + "/empty"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let page = try page("cpp/README.md", of: sdk)
    try #require(blocks("cpp", of: page).first).write(
      toFile: folder + "/hello.cpp", atomically: true, encoding: .utf8)
    let tour = try self.page("README.md", of: sdk)
    let cmake = try #require(blocks("cmake", of: tour).first)
    try cmake.replacing("hello.c)", with: "hello.cpp)").write(
      toFile: folder + "/CMakeLists.txt", atomically: true, encoding: .utf8)
    var ways = [
      "hello.so": try command("cc -g $(pkg-config", of: tour).replacing("cc -g", with: compiler + " -g")
        .replacing("plugin_cflags", with: flags).replacing("hello.c ", with: "hello.cpp "),
      "build/hello.so":
        "CXX=\(compiler) cmake -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_PREFIX_PATH='\(sdk.prefix)'; "
        + "cmake --build build",
    ]
    if compiler == "g++" {
      ways["hand.so"] = try command("g++ ", of: page).replacing("-o hello.so", with: "-o hand.so")
    }
    for (file, way) in ways {
      let run = try await shell(way + "\nbulkhead plugin check --static --strict \(file)", sdk, in: folder)
      #expect(run.status == 0 && run.output.contains("0 warnings, 0 notes"), "\(way)\n\(run.output)")
    }
  }

  @Test("nothing in it points to what only the engine's repository has, and every link leads somewhere")
  func places() throws {
    let sdk = try Unpacked("tar.gz")
    let documents = sdk.prefix + "/share/doc/bulkhead-sdk"
    var links = 0
    for file in FileManager.default.subpaths(atPath: documents) ?? [] where file.hasSuffix(".md") {
      let text = try String(contentsOfFile: documents + "/" + file, encoding: .utf8)
      let folder = URL(fileURLWithPath: documents + "/" + file).deletingLastPathComponent().path
      for part in text.components(separatedBy: "](").dropFirst() {
        let target = part.prefix { $0 != ")" && $0 != "#" }
        guard !target.isEmpty, !target.contains("://"), !target.contains(" ") else { continue }
        links += 1
        #expect(FileManager.default.fileExists(atPath: folder + "/" + target), "\(file): \(target)")
      }
      guard file != "Validator.md" else { continue }
      for word in ["SamplePlugins", "../PluginSDK", "Documentation/", "Tests/Golden"] {
        #expect(!text.contains(word), "\(file) speaks of \(word)")
      }
    }
    #expect(links > 10, "the links were not found")
  }

  @Test("its samples build where they are, C and C++")
  func samples() async throws {
    let sdk = try Unpacked("tar.gz")
    let folder = sdk.prefix + "/share/doc/bulkhead-sdk/samples"
    let run = try await shell("make SWIFTC=none OUT='\(sdk.scratch.path)/out'", sdk, in: folder)
    #expect(run.status == 0, "\(run.output)")
    for name in ["checksum", "orders", "noop", "inventory-csv"] {
      #expect(FileManager.default.fileExists(atPath: sdk.scratch.path + "/out/\(name).so"), "\(name)")
    }
  }

  @Test("the line that installs it below a prefix puts nothing else there")
  func prefix() async throws {
    let sdk = try Unpacked("tar.gz")
    let page = try String(contentsOfFile: sdk.prefix + "/README.md", encoding: .utf8)
    let line = try command("sudo tar ", of: page).replacing("sudo ", with: "")
      .replacing("/usr/local", with: sdk.scratch.path + "/local")
    try FileManager.default.createDirectory(
      atPath: sdk.scratch.path + "/local", withIntermediateDirectories: false)
    let run = try await shell(line, sdk, in: sdk.scratch.path + "/dist")
    #expect(run.status == 0, "\(run.output)")
    let names = try FileManager.default.contentsOfDirectory(atPath: sdk.scratch.path + "/local")
    #expect(names.sorted() == ["include", "share"])
  }
}
