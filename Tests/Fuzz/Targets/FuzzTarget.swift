import DataModel
import PluginHost
import Storage

/// Readers of bytes that come from outside, each as one function that may be given anything. It must end, without a crash,
/// and what it checks about its own answer must hold. The fuzzer calls them with what it invents, a test with the kept corpus.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// A plug-in file as a whole.
  case elf
  /// The bytes of its notes.
  case note
  /// The text of a manifest.
  case manifest
  /// A schema, a NUL, and parameters that are checked against it.
  case parameters
  /// What arrives at the store's socket, or at a client's end of it.
  case frames

  /// Throws `Broken` when an answer contradicts itself.
  package func run(_ bytes: [UInt8]) throws(Broken) {
    switch self {
    case .elf: try Self.elf(bytes)
    case .note: _ = try? ELFFile.manifests(inNotes: bytes)
    case .manifest: try Self.manifest(bytes)
    case .parameters: try Self.parameters(bytes)
    case .frames: try Self.frames(bytes)
    }
  }

  /// What was found wrong.
  package struct Broken: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
  }

  private static func elf(_ bytes: [UInt8]) throws(Broken) {
    guard let file = try? ELFFile(ByteSource(bytes)) else { return }
    _ = try? PluginFacts.checkForm(file)
    _ = try? PluginFacts.checkEntry(file)
    _ = try? PluginFacts.manifest(of: file)
    let again = try? ELFFile(ByteSource(bytes))
    if again != file { throw Broken("the same bytes were read in two ways") }
  }

  private static func manifest(_ bytes: [UInt8]) throws(Broken) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let value = try? JSONValue(parsing: text), (try? JSONValue(parsing: value.text)) != value {
      throw Broken("a JSON value is not read as it was written: \(value.text)")
    }
    guard let manifest = try? Manifest(text: text) else { return }
    for action in manifest.actions {
      let (filled, problems) = action.parameters.check(.object([:]))
      if problems.isEmpty { try settle(action.parameters, filled) }
    }
  }

  private static func parameters(_ bytes: [UInt8]) throws(Broken) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2,
      let shape = try? JSONValue(parsing: String(decoding: parts[0], as: UTF8.self)),
      let schema = try? ParameterSchema(parameters: shape, path: ""),
      let value = try? JSONValue(parsing: String(decoding: parts[1], as: UTF8.self))
    else { return }
    let (filled, problems) = schema.check(value)
    if problems.isEmpty { try settle(schema, filled) }
  }

  /// What passed the check passes it again, unchanged.
  private static func settle(_ schema: ParameterSchema, _ filled: JSONValue) throws(Broken) {
    let (again, problems) = schema.check(filled)
    if !problems.isEmpty || again != filled { throw Broken("checked values are not right: \(filled.text)") }
  }

  private static func frames(_ bytes: [UInt8]) throws(Broken) {
    var cutter = FrameCutter()
    cutter.append(bytes[...])
    var cut = 0
    while let frame = try? cutter.next() {
      ReceivedFrame.decode(frame)
      cut += Frame.headLength + frame.payload.count
      if cut > bytes.count { throw Broken("more was cut out than had come") }
    }
  }
}
