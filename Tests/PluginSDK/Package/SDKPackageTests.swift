import Foundation
import TestSupport
import Testing

/// The tar and the Debian package of `make sdk`, as somebody has them who has nothing else of this repository.
@Suite("SDK package")
struct SDKPackageTests {
  /// An unpacked SDK in a folder of its own.
  struct Unpacked {
    let scratch: Scratch
    /// The folder with include/ and share/.
    let prefix: String

    init(_ kind: String) throws {
      scratch = try Scratch()
      let made = try ToolRun([Sample.root + "/scripts/sdk.sh", scratch.path + "/dist"])
      guard made.status == 0 else { throw ToolFailure(made.output) }
      let file = try Unpacked.file(kind, in: scratch.path + "/dist")
      try FileManager.default.createDirectory(
        atPath: scratch.path + "/some where", withIntermediateDirectories: false)
      let unpack =
        kind == "deb" ? ["dpkg-deb", "-x", file, "some where"] : ["tar", "-xzf", file, "-C", "some where"]
      let run = try scratch.run(unpack)
      guard run.status == 0 else { throw ToolFailure(run.output) }
      let top = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/some where")
      // A folder name without a blank: neither make nor pkg-config can carry one.
      prefix = scratch.path + "/sdk"
      try FileManager.default.moveItem(atPath: scratch.path + "/some where/" + top[0], toPath: prefix)
    }

    static func file(_ kind: String, in folder: String) throws -> String {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      guard let name = names.first(where: { $0.hasSuffix(kind) }) else { throw ToolFailure("no \(kind)") }
      return folder + "/" + name
    }

    /// A copy of the template, with nothing beside it.
    func template() throws -> String {
      let folder = scratch.path + "/project"
      try FileManager.default.copyItem(atPath: prefix + "/share/bulkhead/sdk/template/c", toPath: folder)
      return folder
    }

    func shell(_ line: String, in folder: String) throws -> ToolRun {
      try ToolRun(
        ["env", "PKG_CONFIG_PATH=" + prefix + "/share/pkgconfig", "sh", "-e", "-c", line], in: folder)
    }
  }

  static func isPlugin(_ file: String) throws -> Bool {
    try ManifestNote.texts(in: file).first?.contains("my-plugin") == true
      && Symbols.exported(by: file) == ["bh_plugin_entry"]
  }

  @Test("who unpacks the tar finds a page at its top, and what that page says works")
  func topPage() throws {
    let sdk = try Unpacked("tar.gz")
    let page = try String(contentsOfFile: sdk.prefix + "/README.md", encoding: .utf8)
    #expect(!page.contains("@VERSION@"))
    let lines = page.split(separator: "\n").filter { $0.hasPrefix("    ") }.joined(separator: "\n")
    let run = try sdk.shell(lines, in: sdk.prefix)
    #expect(run.status == 0, "\(run.output)")
    #expect(try Self.isPlugin(sdk.prefix + "/my-plugin/my_plugin.so"))
    for part in page.split(separator: "`") where part.hasPrefix("share/") || part.hasPrefix("include/") {
      #expect(FileManager.default.fileExists(atPath: sdk.prefix + "/" + part), "\(part)")
    }
  }

  @Test("the package names who hands it on")
  func maintainer() throws {
    let scratch = try Scratch()
    let made = try scratch.run([
      "env", "DEBFULLNAME=A & B|C", "DEBEMAIL=packages@example.org", Sample.root + "/scripts/sdk.sh",
      scratch.path + "/dist",
    ])
    #expect(made.status == 0, "\(made.output)")
    let file = try Unpacked.file("deb", in: scratch.path + "/dist")
    let field = try scratch.run(["dpkg-deb", "-f", file, "Maintainer"])
    #expect(field.output == "A & B|C <packages@example.org>\n")
  }

  @Test("the template builds with the unpacked SDK and cc alone", arguments: ["tar.gz", "deb"])
  func template(kind: String) throws {
    let sdk = try Unpacked(kind)
    let folder = try sdk.template()
    let warnings = "-Wall -Wextra -pedantic -Werror"
    let plain = try sdk.shell(
      "cc -std=c11 \(warnings) -shared -fPIC -fvisibility=hidden -I '\(sdk.prefix)/include' -I . my_plugin.c -o plain.so",
      in: folder)
    #expect(plain.status == 0, "\(plain.output)")
    #expect(try Self.isPlugin(folder + "/plain.so"))
    let line =
      "cc \(warnings) $(pkg-config --cflags bulkhead-plugin) $(pkg-config --variable=plugin_cflags bulkhead-plugin)"
      + " -I . my_plugin.c -o found.so $(pkg-config --variable=plugin_ldflags bulkhead-plugin)"
    let found = try sdk.shell(line, in: folder)
    #expect(found.status == 0, "\(found.output)")
    #expect(try Self.isPlugin(folder + "/found.so"))
    let make = try sdk.shell("make", in: folder)
    #expect(make.status == 0, "\(make.output)")
    #expect(try Self.isPlugin(folder + "/my_plugin.so"))
  }

  @Test(
    "pkg-config and CMake find it wherever it stands, and it says its version", arguments: ["tar.gz", "deb"])
  func cmake(kind: String) throws {
    let sdk = try Unpacked(kind)
    let folder = try sdk.template()
    let version = try sdk.shell("pkg-config --modversion bulkhead-plugin", in: folder).output
    let command = try String(
      contentsOfFile: Sample.root + "/Sources/bulkhead/Bulkhead.swift", encoding: .utf8)
    #expect(command.contains("version = \"\(version.trimmingCharacters(in: .newlines))\""))
    try """
    cmake_minimum_required(VERSION 3.20)
    project(example C)
    find_package(bulkhead-plugin 0.1 REQUIRED)
    bulkhead_add_plugin(my_plugin my_plugin.c MANIFEST manifest.json)
    """.write(toFile: folder + "/CMakeLists.txt", atomically: true, encoding: .utf8)
    let build = try sdk.shell(
      "cmake -B build -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH='\(sdk.prefix)' && cmake --build build",
      in: folder)
    #expect(build.status == 0, "\(build.output)")
    #expect(try Self.isPlugin(folder + "/build/my_plugin.so"))
    let newer = try sdk.shell(
      "sed -i s/0.1/99/ CMakeLists.txt && cmake -B newer -DCMAKE_PREFIX_PATH='\(sdk.prefix)'", in: folder)
    #expect(newer.status != 0 && newer.output.contains("bulkhead-plugin"))
  }

  @Test("CMake builds the plug-in anew when its manifest changes")
  func manifestChange() throws {
    let sdk = try Unpacked("tar.gz")
    let folder = try sdk.template()
    try """
    cmake_minimum_required(VERSION 3.20)
    project(example C)
    find_package(bulkhead-plugin REQUIRED)
    bulkhead_add_plugin(my_plugin my_plugin.c MANIFEST manifest.json)
    """.write(toFile: folder + "/CMakeLists.txt", atomically: true, encoding: .utf8)
    let change =
      "touch -d 2001-01-01 manifest.json my_plugin.c; cmake -B build -DCMAKE_PREFIX_PATH='\(sdk.prefix)'"
    let first = try sdk.shell(change + " && cmake --build build", in: folder)
    #expect(first.status == 0, "\(first.output)")
    let second = try sdk.shell("sed -i s/1.0.0/7.7.7/ manifest.json && cmake --build build", in: folder)
    #expect(second.status == 0, "\(second.output)")
    #expect(try ManifestNote.texts(in: folder + "/build/my_plugin.so").first?.contains("7.7.7") == true)
  }

  @Test("the same commit gives the same bytes, owned by root")
  func reproducible() throws {
    let scratch = try Scratch()
    for folder in ["a", "b"] {
      let run = try scratch.run([
        "env", "SOURCE_DATE_EPOCH=1700000000", "TZ=" + (folder == "a" ? "UTC" : "Asia/Tokyo"), "sh", "-c",
        "umask \(folder == "a" ? "022" : "077"); \(Sample.root)/scripts/sdk.sh \(folder)",
      ])
      #expect(run.status == 0, "\(run.output)")
    }
    for kind in ["tar.gz", "deb"] {
      let files = try ["a", "b"].map { try Unpacked.file(kind, in: scratch.path + "/" + $0) }
      #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]), "\(kind)")
    }
    let list = try scratch.run(["tar", "-tvzf", try Unpacked.file("tar.gz", in: scratch.path + "/a")]).output
    let lines = list.split(separator: "\n")
    #expect(lines.count > 20)
    #expect(lines.allSatisfy { $0.contains(" 0/0 ") && $0.contains(" 2023-11-1") })
    let deb = try Unpacked.file("deb", in: scratch.path + "/a")
    #expect(try scratch.run(["dpkg-deb", "-c", deb]).output.contains("root/root"))
  }

  @Test("it has every header, the documents and the schema")
  func contents() throws {
    let sdk = try Unpacked("deb")
    let files = Set(FileManager.default.subpaths(atPath: sdk.prefix) ?? [])
    for header in Headers.names { #expect(files.contains("include/" + header)) }
    for document in ["README.md", "ABI.md", "copyright"] {
      #expect(files.contains("share/doc/bulkhead-sdk/" + document))
    }
    #expect(files.contains("share/bulkhead/sdk/manifest.schema.json"))
    #expect(!files.contains { $0.hasSuffix(".so") || $0.contains(".build/") })
  }
}
