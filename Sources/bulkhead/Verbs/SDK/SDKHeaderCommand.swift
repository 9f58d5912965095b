import ArgumentParser
import DataModel
import Glibc
import JobEngine
import PluginHost

struct SDKHeaderCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "header",
    abstract: "Write a C header with a struct and a reader for the parameters of each action.",
    discussion: """
      The header is for C11 and later and for C++. Each action's struct has a member for each parameter, and a function \
      fills it in: `my_plugin_resize_params_read(ctx, &params)`. Lists have no member: \
      bh_param_count says how long they are, and bh_param_i64(ctx, "list/0", 0) reads an item. Parameters of any type \
      are in bh_params_json.

      Examples:
        bulkhead sdk header manifest.json --output params.h
        bulkhead sdk header ./checksum.so

      With --json: {"output","actions":[{"name","struct","reader"}]}, and output is the file that was written; without \
      --output {"header","actions"}, and header is its text. struct and reader are null for an action without such \
      parameters.

      Exit codes: 0 done, 6 no such file, 7 the manifest is wrong or cannot become C, 64 wrong use, \
      70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp("A manifest, or a plug-in that carries one.", valueName: "manifest.json"),
    completion: .file(extensions: ["json", "so"]))
  var file: String

  @Option(
    help: ArgumentHelp("Where to write the header (default: standard output).", valueName: "file"),
    completion: .file(extensions: ["h"]))
  var output: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    let header = try CHeader(Self.manifest(file), from: file)
    if let output { try TextFile.write(header.text, to: output, mode: 0o644, replaces: true) }
    if json {
      let place: (name: String, value: JSONText) =
        output.map { (name: "output", value: .string($0)) } ?? (name: "header", value: .string(header.text))
      Terminal.output.line(JSONText.object([place, (name: "actions", value: header.actions)]).text)
    } else if output == nil {
      for line in header.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        Terminal.output.line(String(line))
      }
    }
  }

  /// The manifest of a JSON file or of a shared object, told apart by their first bytes.
  static func manifest(_ file: String) throws(EngineError) -> Manifest {
    guard access(file, F_OK) == 0 || errno != ENOENT else {
      throw EngineError(
        .notFound, "there is no file \(file)", cure: "name a manifest.json, or a plug-in's .so file")
    }
    if isELF(file) {
      let inspection = PluginInspection(path: file)
      if let manifest = inspection.manifest { return manifest }
      let why = inspection.objections.map(\.description).joined(separator: "\n")
      throw EngineError(.refused, "\(file) has no manifest that could be used", cure: why)
    }
    let text = try TextFile.read(file, what: "the manifest")
    do throws(ManifestError) {
      return try Manifest(text: text)
    } catch {
      throw EngineError(
        .refused, "the manifest \(file) is wrong: \(error)",
        cure: "see PluginSDK/ABI.md, or `bulkhead sdk schema`")
    }
  }

  private static func isELF(_ file: String) -> Bool {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: 4)
    return read(descriptor, &start, 4) == 4 && start == [0x7F, 0x45, 0x4C, 0x46]
  }
}
