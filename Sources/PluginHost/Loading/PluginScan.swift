package import DataModel
import Glibc
import Threading

/// A plug-in that may be loaded by workers.
package struct AcceptedPlugin: Sendable, Equatable {
  package let manifest: Manifest
  /// JSON as the note has it.
  package let manifestText: String
  package let sha256: String
  /// The private copy.
  package let imagePath: String

  package init(manifest: Manifest, manifestText: String, sha256: String, imagePath: String) {
    self.manifest = manifest
    self.manifestText = manifestText
    self.sha256 = sha256
    self.imagePath = imagePath
  }
}

/// Why one file of the directory is not taken.
package struct PluginRefusal: Error, Sendable, Equatable {
  /// Name in the plug-in directory.
  package let file: String
  package let objection: Objection
  /// When it was read that far.
  package let sha256: String?
  package let pluginID: String?

  package init(file: String, _ objection: Objection, sha256: String? = nil, pluginID: String? = nil) {
    self.file = file
    self.objection = objection
    self.sha256 = sha256
    self.pluginID = pluginID
  }

  /// One sentence: file, rule, cure.
  package var message: String { "\(PluginScan.isPlain(file) ? file : JSONValue.quoted(file)): \(objection)" }
}

/// What a look at one file came to.
package enum PluginVerdict: Sendable, Equatable {
  case accepted(AcceptedPlugin)
  case refused(PluginRefusal)
  /// It changed while it was read.
  case unsettled
}

/// The way of one file: rules, form, private copy, manifest, libraries, trial load. Safe from any thread;
/// blocks.
package struct PluginScan: Sendable {
  private let rules: FileRules
  private let cache: PluginImageCache
  private let trial: TrialLoad
  private let abi: HostABI
  /// Hashes whose trial went well in this process.
  private let tried = Threading.Condition<Set<String>>([])

  package init(
    cache: PluginImageCache, trial: TrialLoad, rules: FileRules = FileRules(), abi: HostABI = HostABI()
  ) {
    self.cache = cache
    self.trial = trial
    self.rules = rules
    self.abi = abi
  }

  /// Judges `folder/name`.
  package func judge(_ name: String, in folder: String) -> PluginVerdict {
    var progress = Progress()
    do throws(Objection) {
      guard Self.isPlain(name) else {
        throw Objection("its name has control characters", cure: "rename it")
      }
      guard let plugin = try accept(folder + "/" + name, in: folder, &progress) else { return .unsettled }
      return .accepted(plugin)
    } catch {
      return .refused(PluginRefusal(file: name, error, sha256: progress.sha256, pluginID: progress.pluginID))
    }
  }

  /// A name that can be shown as it is.
  static func isPlain(_ name: String) -> Bool {
    name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  /// A text that changes when verdicts may: with the rights of the folder and with the installed libraries.
  func circumstances(of folder: String) -> String {
    var text = ""
    do throws(Objection) { try rules.checkFolder(folder) } catch { text = error.description }
    let libraries = FileSignature(path: "/etc/ld.so.cache")
    return "\(text)|\(libraries?.inode ?? 0)|\(libraries?.changedNanoseconds ?? 0)"
  }

  /// What was found out before a refusal.
  private struct Progress {
    var sha256: String?
    var pluginID: String?
  }

  private func accept(_ path: String, in folder: String, _ progress: inout Progress) throws(Objection)
    -> AcceptedPlugin?
  {
    try rules.checkFolder(folder)
    let descriptor = try rules.open(path)
    defer { close(descriptor) }
    // What cannot be taken anyhow is not copied.
    try PluginFacts.checkForm(try ELFFile(ByteSource(descriptor: descriptor)))
    guard let image = try cache.take(descriptor) else { return nil }
    progress.sha256 = image.sha256
    do throws(Objection) {
      let (manifest, text) = try check(image, in: folder, &progress)
      if !tried.withLock({ $0.contains(image.sha256) }) {
        try trial.run(imagePath: image.path)
        tried.withLock { _ = $0.insert(image.sha256) }
      }
      return AcceptedPlugin(
        manifest: manifest, manifestText: text, sha256: image.sha256, imagePath: image.path)
    } catch {
      if image.isNew, !tried.withLock({ $0.contains(image.sha256) }) { cache.drop(image) }
      throw error
    }
  }

  /// The copy is judged again from its own bytes: the dropped file may be another one by now.
  private func check(
    _ image: PluginImageCache.Image, in folder: String, _ progress: inout Progress
  ) throws(Objection) -> (Manifest, String) {
    let copy = open(image.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard copy >= 0 else { throw FileRules.unreadable(image.path, errno) }
    defer { close(copy) }
    let file = try ELFFile(ByteSource(descriptor: copy))
    try PluginFacts.checkForm(file)
    let manifest = try PluginFacts.manifest(of: file)
    progress.pluginID = manifest.id
    try abi.check(manifest.abi)
    try PluginFacts.checkEntry(file)
    try LibraryPath.current().check(file, in: folder, rules)
    return (manifest, file.manifests[0])
  }
}
