package import DataModel
import Glibc

/// All that a file tells without any of its code being run, and all that a host would refuse it for: for its
/// author, who should not have to find out one thing after the other. No engine is needed.
package struct PluginInspection: Sendable {
  /// The file as it was named, absolute.
  package let path: String
  package let size: Int64
  /// 64 hexadecimal digits; nil when the file could not be read.
  package let sha256: String?
  /// Nil when it is no shared object for this machine.
  package let file: ELFFile?
  /// Nil when there is none that is right.
  package let manifest: Manifest?
  /// Why it would be refused here, the first reason first; empty when only its trial load is left.
  package private(set) var objections: [Objection] = []
  /// What is allowed and still worth knowing.
  package private(set) var remarks: [String] = []

  /// Reads the file. The rules are those of a `serve` that runs as `rules.user`, with the file in its folder.
  package init(path: String, rules: FileRules = FileRules(), abi: HostABI = HostABI()) {
    let absolute = FolderPath.absolute(path)
    self.path = absolute
    let folder = FolderPath.parent(of: absolute)
    let descriptor = open(absolute, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { if descriptor >= 0 { close(descriptor) } }
    let signature = FileSignature(descriptor: descriptor)
    size = signature?.size ?? 0
    let isFile = FileSignature.isRegular(descriptor: descriptor)
    sha256 = isFile ? SHA256Digest.ofFile(descriptor)?.hex : nil
    var found: [Objection] = []
    if !absolute.hasSuffix(".so") {
      found.append(Objection("its name does not end in .so", cure: "rename it"))
    }
    func collect(_ body: () throws(Objection) -> Void) {
      do throws(Objection) { try body() } catch { found.append(error) }
    }
    collect { () throws(Objection) in close(try rules.open(absolute)) }
    collect { () throws(Objection) in try rules.checkFolder(folder) }
    var elf: ELFFile?
    var manifest: Manifest?
    if isFile {
      collect { () throws(Objection) in elf = try ELFFile(ByteSource(descriptor: descriptor)) }
    }
    if let elf {
      collect { () throws(Objection) in try PluginFacts.checkForm(elf) }
      collect { () throws(Objection) in manifest = try PluginFacts.manifest(of: elf) }
      if let manifest { collect { () throws(Objection) in try abi.check(manifest.abi) } }
      collect { () throws(Objection) in try PluginFacts.checkEntry(elf) }
      collect { () throws(Objection) in try LibraryPath.current().check(elf, in: folder, rules) }
      remarks = Self.remarks(elf)
    }
    file = elf
    self.manifest = manifest
    objections = found
  }

  private static func remarks(_ file: ELFFile) -> [String] {
    var remarks: [String] = []
    if file.hasStaticTLS {
      remarks.append("it takes its thread-local variables from a small space that the first plug-ins use up")
    }
    if !file.runPath.isEmpty {
      remarks.append("it looks for libraries in \(file.runPath.joined(separator: ":")) first")
    }
    return remarks
  }

  /// Names and values in the order to show them; actions are in the manifest.
  package var facts: [(name: String, value: String)] {
    var facts = [("file", path), ("size", "\(size) bytes"), ("sha256", sha256 ?? "")]
    if let manifest {
      facts += [
        ("id", manifest.id), ("version", manifest.version), ("title", manifest.title),
        ("abi", "built for level \(manifest.abi.built), needs a host of level \(manifest.abi.minimumHost)"),
      ]
    }
    if let file {
      facts += [
        ("machine", ELFMachine.name(ELFMachine.own, is64Bit: true, isBigEndian: false)),
        ("soname", file.soname ?? ""), ("needs", file.needed.joined(separator: ", ")),
        ("entry", file.exportsEntry ? ELFFile.entryName : "missing"),
      ]
    }
    return facts.filter { !$0.1.isEmpty }
  }

  /// The same for programs. `manifest` is as the note has it.
  package var json: JSONValue {
    var members: [String: JSONValue] = [
      "file": .string(path), "size": .int(size),
      "sha256": sha256.map { .string($0) } ?? .null,
      "problems": .array(objections.map { .object(["rule": .string($0.rule), "cure": .string($0.cure)]) }),
      "remarks": .array(remarks.map { .string($0) }), "manifest": .null,
    ]
    if let file {
      members["needs"] = .array(file.needed.map { .string($0) })
      members["run_path"] = .array(file.runPath.map { .string($0) })
      members["soname"] = file.soname.map { .string($0) } ?? .null
      members["exports_entry"] = .bool(file.exportsEntry)
      members["static_tls"] = .bool(file.hasStaticTLS)
      if let text = file.manifests.first, let value = try? JSONValue(parsing: text) {
        members["manifest"] = value
      }
    }
    return .object(members)
  }
}
