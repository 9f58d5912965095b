import ArgumentParser
import DataModel
import Glibc
import JobEngine
import PluginHost

struct PluginInspectCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print what a plug-in file says of itself, and whether it would be refused.",
    discussion: """
      Reads the file where it stands. None of its code is run and no engine is needed; an engine also loads the file \
      once in a process of its own before it takes it.

      Example:
        bulkhead plugin inspect ./checksum.so

      With --json: {"file","accepted","problems":[{"rule","cure"}],"bytes","needed","run_path","soname","entry",\
      "built","manifest"}; built says how it was made ("languages", "glibc", "exports" ...); manifest has id, version and what `bulkhead plugins show --json` prints of it. What could not be read \
      is null.

      Exit codes: 0 it would be taken, 7 it would be refused, 6 no such file, 64 wrong use, 70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp("The plug-in's file, or its folder NAME with NAME.so in it.", valueName: "file"),
    completion: .file(extensions: ["so"]))
  var file: String

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    guard access(file, F_OK) == 0 || errno != ENOENT else {
      throw EngineError(.notFound, "there is no file \(file)", cure: "name the plug-in's .so file")
    }
    let inspection = PluginInspection(path: file)
    if json {
      Terminal.output.line(Self.document(inspection).text)
      if !inspection.objections.isEmpty { throw ExitCode(ExitStatus.refused) }
      return
    }
    Terminal.output.lines(
      Self.lines(inspection, width: Terminal.output.width, colour: Terminal.output.usesColour))
    guard let first = inspection.objections.first else { return }
    let others = inspection.objections.dropFirst().map { "\($0.rule)\n\($0.cure)" }
    throw EngineError(
      .refused, "\(file) would be refused: \(first.rule)",
      cure: ([first.cure] + others).joined(separator: "\n"))
  }

  static func lines(_ inspection: PluginInspection, width: Int?, colour: Bool) -> [String] {
    guard let object = inspection.object else { return [] }
    var facts = FactList()
    let manifest = inspection.manifest
    facts.add("title", manifest?.title ?? "")
    facts.add("about", manifest?.description ?? "")
    if let abi = manifest?.abi {
      facts.add("ABI", "built for \(abi.built), needs a host of \(abi.minimumHost) or later")
    }
    facts.add("records", manifest?.records.joined(separator: ", ") ?? "")
    facts.add("secrets", manifest?.secrets.joined(separator: ", ") ?? "")
    facts.add("file", inspection.path + (inspection.bytes.map { ", \($0) bytes" } ?? ""))
    facts.add("needs", object.needed.joined(separator: ", "))
    facts.add("looks in", object.runPath.joined(separator: ", "))
    facts.add("soname", object.soname ?? "")
    for (name, value) in inspection.contents.map({ BuildFacts.texts(object, $0) }) ?? [] {
      facts.add(name, value)
    }
    let name = manifest.map { "\($0.id) \($0.version)" } ?? inspection.path
    return [Style.bold.apply(SafeText.escape(name), colour: colour)] + facts.lines
      + (manifest.map { ManifestDocument.lines($0, width: width, colour: colour) } ?? [])
  }

  static func document(_ inspection: PluginInspection) -> JSONText {
    let object = inspection.object
    return [
      "file": .string(inspection.path),
      "accepted": .bool(inspection.objections.isEmpty),
      "problems": .list(inspection.objections.map { ["rule": .string($0.rule), "cure": .string($0.cure)] }),
      "bytes": .optional(inspection.bytes.map { Int64(clamping: $0) }),
      "needed": object.map { .strings($0.needed) } ?? .null,
      "run_path": object.map { .strings($0.runPath) } ?? .null,
      "soname": .optional(object?.soname),
      "entry": object.map { .bool($0.exportsEntry) } ?? .null,
      "built": object.flatMap { object in
        inspection.contents.map { BuildFacts.json(object, $0) }
      } ?? .null,
      "manifest": inspection.manifest.map { manifest in
        .object(
          [
            (name: "id", value: .string(manifest.id)), (name: "version", value: .string(manifest.version)),
          ] + ManifestDocument.json(manifest))
      } ?? .null,
    ]
  }
}
