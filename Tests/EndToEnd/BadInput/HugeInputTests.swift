import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

/// What is too deep, too long or not known, through the real command and a real engine.
@Suite("End to end: huge and strange input", .serialized, .timeLimit(.minutes(5)))
struct HugeInputTests {
  /// A plug-in whose manifest is that text.
  private static func build(_ name: String, _ manifest: String, in folder: String) throws -> String {
    let (text, source) = ("\(folder)/\(name).json", "\(folder)/\(name).c")
    try manifest.write(toFile: text, atomically: true, encoding: .utf8)
    try """
    #include <bulkhead/all.h>
    BH_MANIFEST_FILE("\(text)");
    static int32_t act(bh_ctx *ctx) { (void)ctx; return BH_OK; }
    static const bh_action actions[] = {BH_ACTION("act", act)};
    BH_PLUGIN(actions)
    """.write(toFile: source, atomically: true, encoding: .utf8)
    return try Sample.build(source)
  }

  private static func manifest(_ more: String = "", action: String = "") -> String {
    #"{"id":"strange","version":"1","abi":{"built":1},"#
      + #""actions":[{"name":"act"\#(action)}]\#(more)}"#
  }

  private static let manifests: [(name: String, text: String, words: [String])] = [
    (
      "deep",
      manifest(
        action: #","parameters":{"properties":{"a":{"default":"#
          + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}}}"),
      ["manifest", "nested deeper than 64 levels"]
    ),
    (
      "long", manifest(#","description":"\#(String(repeating: "x", count: 10 << 20))""#),
      ["manifest", "more than the limit of \(Manifest.sizeLimit)"]
    ),
    ("unknown", manifest(#","colour":"red""#), ["manifest", "colour"]),
    (
      "keyword", manifest(action: #","parameters":{"oneOf":[]}"#),
      ["manifest", "oneOf", "actions[0].parameters"]
    ),
    ("near", manifest(action: #","paramters":{}"#), ["paramters", "parameters"]),
    ("escape", manifest(action: #","\u001b[2J":1"#), ["manifest", #"\x1b[2J"#]),
  ]

  @Test(
    "a manifest 10,000 deep, 10 MiB long or with words that are not known is refused, by the command and the engine"
  )
  func manifests() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.start()
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (name, text, words) in Self.manifests {
        let file = try Self.build(name, text, in: folder)
        let inspect = try CommandRun(["plugin", "inspect", file])
        #expect(inspect.exitCode == 7, "\(name): \(inspect.errors.prefix(400))")
        try engine.install(file, as: name + ".so")
        try engine.waitForPlugins { $0.files.contains { $0.file == name + ".so" && $0.state == .refused } }
        let list = try CommandRun(["plugins", "list", "--store", engine.storeArgument])
        for told in [inspect.errors, list.output] {
          for word in words { #expect(told.contains(word), "\(name): \(told.prefix(800))") }
          #expect(told.utf8.count < 10_000 && !told.contains("\u{1B}"), "\(name)")
        }
      }
      #expect(engine.serve?.hasEnded == false)
    }
  }

  @Test("parameters of 10 MiB are refused in words before a job is made, and of 20 MiB before they are sent")
  func parameters() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let file = engine.folder + "/params.json"
      for (bytes, code, word) in [
        (10 << 20, Int32(7), "longer than 1048576 bytes"), (20 << 20, 64, "longer than 16 MiB"),
      ] {
        try #"{"text":"\#(String(repeating: "x", count: bytes))"}"#.write(
          toFile: file, atomically: true, encoding: .utf8)
        for words in [
          ["submit", "pad:hold", "--params-file", file],
          ["submit", "pad:hold", "--params-file", file, "--count", "3"],
        ] {
          let run = try CommandRun(words + ["--store", engine.storeArgument])
          #expect(
            run.exitCode == code && run.errors.contains(word), "\(run.exitCode) \(run.errors.prefix(300))")
          let json = try CommandRun(words + ["--store", engine.storeArgument, "--json"])
          #expect(json.exitCode == code)
          #expect(try JSONValue(parsing: json.output)["error"] != nil)
        }
      }
      #expect(try engine.client().jobs(ListJobs()).isEmpty)
      #expect(try test.outcomes(test.submit(1)) == ["succeeded"])
    }
  }

  @Test("names with control characters are escaped wherever they are printed")
  func names() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let evil = "a\n\u{1B}[31m\u{9B}2J\u{202E}b"
      try engine.install(Sample.checksum(), as: evil + ".so")
      try engine.waitForPlugins { $0.files.contains { $0.file == evil + ".so" && $0.state == .refused } }
      // A step's and an action's name have a grammar; the store takes a kind as it comes.
      let strange = JobRequest(kind: JobKind(plugin: evil, action: evil))
      #expect(
        refusal {
          try engine.connect().perform(SubmitJobs(batchID: JobClient.random16(), jobs: [strange]))
        }?.code == .invalid)
      let id = try test.submit(1)[0]
      _ = try test.outcomes([id])
      let copy = engine.folder + "/\(evil).db"
      for words in [
        ["plugins", "list"], ["plugins", "show", evil + ".so"], ["plugins", "show", evil],
        ["plugins", "revoke", evil],
        ["plugins", "revocations"], ["doctor", "--only", "plugins.*"], ["submit", evil],
        ["submit", "pad:\(evil)"],
        ["submit", "pad:hold", "--param", "\(evil)=1"], ["submit", "pad:hold", "--params-json", evil],
        ["jobs", "list", "--kind", evil], ["jobs", "list", "--state", evil], ["jobs", "show", evil],
        ["store", "backup", copy], ["store", "backup", copy], ["workers", "drain", evil], ["audit", "list"],
        ["plugin", "inspect", engine.pluginFolder + "/\(evil).so"], ["plugin", "check", "/tmp/\(evil).so"],
        ["plugin", "verify", "/tmp/\(evil).so"], ["config", "check", "--config", "/tmp/\(evil)"], [evil],
      ] {
        for more in [[], ["--json"]] {
          let store =
            words[0] == "plugin" || words[0] == "config" || words == [evil]
            ? [] : ["--store", engine.storeArgument]
          let run = try CommandRun(words + store + more)
          let told = run.output + run.errors
          #expect(!told.isEmpty, "\(words)")
          #expect(
            !told.unicodeScalars.contains {
              $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E)
            },
            "\(words): \(told.debugDescription.prefix(600))")
        }
      }
      #expect(
        !engine.output.unicodeScalars.contains {
          $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E)
        },
        "\(engine.output.debugDescription.suffix(600))")
    }
  }
}
