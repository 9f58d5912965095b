package import DataModel
import Glibc

/// All that a file tells without any of its code being run, and all that a host would refuse it for: an
/// author should not have to find out one thing after the other. No engine is needed.
package struct PluginInspection: Sendable {
  /// As it was given.
  package let path: String
  /// Nil when it is no file that could be read.
  package private(set) var bytes: UInt64?
  /// 64 hexadecimal digits; nil when it could not be read.
  package private(set) var sha256: String?
  /// Nil when it is no shared object for this machine.
  package private(set) var object: ELFFile?
  /// Nil when `object` is.
  package private(set) var contents: ELFContents?
  /// Nil when there is none that is right.
  package private(set) var manifest: Manifest?
  /// Why it would be refused here, the first reason first; empty when only its trial load is left.
  package private(set) var objections: [Objection] = []

  /// Reads the file where it stands. The rules are those of a `serve` that runs as `rules.user`, with the
  /// file's folder as its plug-in directory. `NAME/NAME.so`, and the folder NAME that holds it, is a plug-in that brings its
  /// own libraries.
  package init(path: String, rules: FileRules = FileRules(), abi: HostABI = HostABI()) {
    self.path = path
    let inner = Self.plugin(inFolder: path)
    let absolute = inner ?? FolderPath.absolute(path)
    let folder = FolderPath.parent(of: absolute)
    if inner != nil { check { () throws(Objection) in _ = try PluginTree(folder, rules: rules) } }
    if !absolute.hasSuffix(".so") {
      objections.append(
        Objection("its name does not end in .so, so it would be passed over", cure: "rename it"))
    }
    check { () throws(Objection) in close(try rules.open(absolute)) }
    check { () throws(Objection) in try rules.checkFolder(folder) }
    // Opened again without the rules: a file that only has the wrong mode is read all the same.
    let descriptor = open(absolute, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard FileSignature.isRegular(descriptor: descriptor) else { return }
    sha256 = SHA256Digest.ofFile(descriptor)?.hex
    let isTree = absolute.hasSuffix("/" + (folder.split(separator: "/").last ?? "") + ".so")
    read(ByteSource(descriptor: descriptor), in: folder, isTree: isTree, rules, abi)
  }

  private mutating func read(
    _ source: ByteSource, in folder: String, isTree: Bool, _ rules: FileRules, _ abi: HostABI
  ) {
    bytes = source.count
    object = check { () throws(Objection) in try ELFFile(source) }
    guard let object else { return }
    contents = try? ELFContents(source)
    check { () throws(Objection) in try PluginFacts.checkForm(object) }
    manifest = check { () throws(Objection) in try PluginFacts.manifest(of: object) }
    if let manifest { check { () throws(Objection) in try abi.check(manifest.abi) } }
    check { () throws(Objection) in try PluginFacts.checkEntry(object) }
    check { () throws(Objection) in
      if isTree {
        try LibraryPath.current().checkTree(object, folder, rules)
      } else {
        try LibraryPath.current().check(object, in: folder, rules)
      }
    }
  }

  /// `NAME/NAME.so` of a folder NAME; nil when it is none.
  private static func plugin(inFolder path: String) -> String? {
    var folder = FolderPath.absolute(path)
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    guard FileSignature(path: folder)?.isFolder == true, let name = folder.split(separator: "/").last else {
      return nil
    }
    let file = "\(folder)/\(name).so"
    return access(file, F_OK) == 0 ? file : nil
  }

  /// What the rule gives, or nil and one objection more.
  @discardableResult
  private mutating func check<R>(_ rule: () throws(Objection) -> R) -> R? {
    do throws(Objection) {
      return try rule()
    } catch {
      objections.append(error)
      return nil
    }
  }
}
