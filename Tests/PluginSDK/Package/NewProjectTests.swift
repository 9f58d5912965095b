import DataModel
import Foundation
import JobEngine
import TestSupport
import Testing

@testable import bulkhead

@Suite("A new plug-in project")
struct NewProjectTests {
  private func make(_ arguments: [String], in scratch: Scratch) async throws -> CommandRun {
    try await onThread { try CommandRun(["plugin", "new"] + arguments) }
  }

  @Test("it builds at once in a folder of its own, with cc alone, and the manifest is right")
  func c() async throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/deep/er"
    let run = try await make(["mail-gateway", "--output", folder], in: scratch)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("make all") && run.output.contains("make check"))
    #expect(run.output.contains("rename environment.create") && run.output.contains("ACTION in the Makefile"))
    // The environment names no SDK: the project has its own.
    let build = try ToolRun(
      [
        "env", "-i", "PATH=/usr/bin:/bin", "PKG_CONFIG_PATH=/nowhere", "make", "all",
        "CFLAGS=-Wall -Wextra -pedantic -Werror",
      ],
      in: folder)
    #expect(build.status == 0, "\(build.output)")
    let text = try #require(try ManifestNote.texts(in: folder + "/mail_gateway.so").first)
    #expect(try Manifest(text: text).id == "mail-gateway")
    #expect(try Symbols.exported(by: folder + "/mail_gateway.so") == ["bh_plugin_entry"])
    let files = Set(FileManager.default.subpaths(atPath: folder) ?? [])
    #expect(
      files.isSuperset(of: [
        "mail_gateway.c", "manifest.json", "manifest.schema.json", "Makefile", "README.md", ".gitignore",
        "params.h",
        "include/bulkhead/all.h",
      ]))
    #expect(!files.contains("include/bulkhead/abi.c") && !files.contains("include/module.modulemap"))
    let texts = try files.filter { !$0.hasPrefix("include/") && $0.contains(".") && !$0.hasSuffix(".so") }.map
    {
      try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)
    }
    #expect(
      !texts.contains { $0.lowercased().contains("my_plugin") || $0.lowercased().contains("my-plugin") })
  }

  @Test("one in C++ builds at once, without a warning", arguments: ["g++", "clang++"])
  func cpp(compiler: String) async throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/p"
    let run = try await make(["mail-gateway", "--lang", "cpp", "--output", folder], in: scratch)
    #expect(run.exitCode == 0, "\(run.errors)")
    let build = try ToolRun(
      [
        "make", "all", "CXX=" + compiler,
        "CXXFLAGS=-g -Wall -Wextra -Wmissing-include-dirs -pedantic -Werror",
        "PKG_CONFIG_PATH=/nowhere",
      ],
      in: folder)
    #expect(build.status == 0, "\(build.output)")
    #expect(build.output.contains("-I include"))
    #expect(try ManifestNote.texts(in: folder + "/mail_gateway.so").first?.contains("mail-gateway") == true)
    #expect(try Symbols.exported(by: folder + "/mail_gateway.so") == ["bh_plugin_entry"])
  }

  @Test("one in Swift builds at once, and its manifest is what its types say")
  func swift() async throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/p"
    let run = try await make(["mail-gateway", "--lang", "swift", "--output", folder], in: scratch)
    #expect(run.exitCode == 0, "\(run.errors)")
    // An action that was renamed in Swift alone: the build makes the manifest anew.
    let source = folder + "/Sources/MailGatewayPlugin/MailGatewayPlugin.swift"
    try String(contentsOfFile: source, encoding: .utf8)
      .replacing("\"environment.create\"", with: "\"gateway.create\"")
      .write(toFile: source, atomically: true, encoding: .utf8)
    let build = try await onThread { try ToolRun(["make", "all"], in: folder) }
    #expect(build.status == 0, "\(build.output)")
    #expect(!build.output.contains("warning:"), "\(build.output)")
    let judged = try await onThread {
      try CommandRun(["plugin", "check", "--static", "--strict", folder + "/mail_gateway.so"])
    }
    #expect(judged.exitCode == 0 && judged.output.contains("0 warnings, "), "\(judged.output)")
    let manifest = try #require(try ManifestNote.texts(in: folder + "/mail_gateway.so").first)
    #expect(try Manifest(text: manifest).actions.map(\.name) == ["gateway.create"])
    let exported = try Symbols.exported(by: folder + "/mail_gateway.so")
    #expect(exported.filter { $0.hasPrefix("bh_") } == ["bh_plugin_entry"])
    let check = try await onThread {
      try ToolRun(
        [
          "swift", "run", "-c", "release", "manifest-tool", "--check",
          "Sources/MailGatewayPluginManifest/manifest.c",
        ], in: folder)
    }
    #expect(check.status == 0, "\(check.output)")
  }

  @Test("the templates' map of exports is the SDK's")
  func exports() {
    #expect(
      FileManager.default.contentsEqual(
        atPath: Sample.root + "/PluginSDK/template/cpp/exports.map",
        andPath: Sample.root + "/PluginSDK/cpp/exports.map"))
  }

  @Test("its Makefile checks and runs the plug-in with the command, and writes its header anew")
  func verbs() async throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/a"
    #expect(try await make(["alpha", "--output", folder], in: scratch).exitCode == 0)
    // Written by a process of its own: a child of another test that had it open for writing would keep it from running.
    try scratch.write("told.text", "#!/bin/sh\necho \"told: $@\"\n")
    #expect(try scratch.run(["install", "-m", "755", "told.text", "told"]).status == 0)
    for (verb, words) in [
      ("check", "told: plugin check ./alpha.so"),
      ("run", "told: plugin run ./alpha.so environment.create --param name=first"),
      ("header", "told: sdk header manifest.json --output params.h"),
    ] {
      let run = try ToolRun(["make", verb, "BULKHEAD=../told"], in: folder)
      #expect(run.status == 0 && run.output.contains(words), "\(run.output)")
    }
    let before = try String(contentsOfFile: folder + "/params.h", encoding: .utf8)
    let header = try await onThread {
      try CommandRun(["sdk", "header", folder + "/manifest.json", "--output", folder + "/params.h"])
    }
    #expect(header.exitCode == 0, "\(header.errors)")
    #expect(try String(contentsOfFile: folder + "/params.h", encoding: .utf8) == before)
  }

  @Test("with --sdk it uses that SDK's headers and has no copy of them")
  func otherSDK() async throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/a"
    let run = try await make(
      ["alpha", "--output", folder, "--sdk", Sample.root + "/PluginSDK", "--json"], in: scratch)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try JSONValue(parsing: run.output)["files"]?.arrayValue?.contains(.string("alpha.c")) == true)
    #expect(!FileManager.default.fileExists(atPath: folder + "/include"))
    let build = try ToolRun(["make"], in: folder)
    #expect(build.status == 0 && build.output.contains(Sample.headers), "\(build.output)")
    let wrong = try await make(["b", "--output", scratch.path + "/b", "--sdk", scratch.path], in: scratch)
    #expect(wrong.exitCode == 7 && wrong.errors.contains("no plug-in SDK"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/b"))
  }

  @Test(
    "a name that cannot be an id is refused, with what could be one",
    arguments: [
      ("Mail Gateway", "perhaps \"mail-gateway\""), ("9lives", "perhaps \"lives\""), ("", "empty"),
      ("bulkhead", "engine's own name"), ("a/b", "perhaps \"a-b\""), ("..", "cannot be"), ("ü", "cannot be"),
      (String(repeating: "a", count: 65), "64 are allowed"), ("a\u{1B}[31m", "cannot be"),
    ])
  func names(name: String, words: String) async throws {
    let scratch = try Scratch()
    let run = try await make([name, "--output", scratch.path + "/x"], in: scratch)
    #expect(run.exitCode == 64)
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(!run.errors.contains("\u{1B}"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/x"))
  }

  @Test("a folder that is not empty, a file and an unknown language are refused; an empty folder is used")
  func places() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("taken", "x")
    let full = try await make(["a", "--output", scratch.path], in: scratch)
    #expect(full.exitCode == 7 && full.errors.contains("is not empty"))
    let onFile = try await make(["a", "--output", file], in: scratch)
    #expect(onFile.exitCode == 7 && onFile.errors.contains("not a folder"))
    let below = try await make(["a", "--output", file + "/b"], in: scratch)
    #expect(below.exitCode == 7)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "x")
    #expect(
      try await make(["a", "--lang", "cobol", "--output", scratch.path + "/b"], in: scratch).exitCode == 64)
    try FileManager.default.createDirectory(
      atPath: scratch.path + "/empty", withIntermediateDirectories: false)
    #expect(try await make(["a", "--output", scratch.path + "/empty"], in: scratch).exitCode == 0)
    #expect(try await make(["a", "--output", scratch.path + "/empty"], in: scratch).exitCode == 7)
  }

  @Test("nothing is left of a project that cannot be written whole")
  func halfWritten() throws {
    let scratch = try Scratch()
    let whole = try NewProject("a", language: .c, sdk: nil)
    // A file where a folder has to be comes last.
    let project = NewProject(files: whole.files + [SDKFiles.File(path: "Makefile/x", text: "")])
    #expect(throws: EngineError.self) { try project.write(to: scratch.path + "/p") }
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/p"))
  }

  @Test("the command carries the files of the SDK as they are")
  func carried() throws {
    let list = try ToolRun([Sample.root + "/scripts/sdk-embed.sh", "--print"])
    let source = try String(contentsOfFile: Sample.root + "/Sources/CSDKFiles/files.c", encoding: .utf8)
    #expect(list.output == source, "a file was added or taken away: run scripts/sdk-embed.sh")
    for file in SDKFiles.all {
      #expect(
        try String(contentsOfFile: Sample.root + "/PluginSDK/" + file.path, encoding: .utf8) == file.text,
        "\(file.path): build again")
    }
    for header in Headers.names { #expect(SDKFiles.all.contains { $0.path == "include/" + header }) }
    #expect(SDKFiles.all.count > 15)
  }

  @Test("the template's params.h is what the command makes of its manifest")
  func templateHeader() throws {
    let folder = Sample.root + "/PluginSDK/template/c"
    let manifest = try Manifest(text: try String(contentsOfFile: folder + "/manifest.json", encoding: .utf8))
    let header = try CHeader(manifest, from: "manifest.json").text
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try header.write(toFile: folder + "/params.h", atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: folder + "/params.h", encoding: .utf8) == header)
  }
}
