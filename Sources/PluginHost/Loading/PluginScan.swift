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
  /// The name of the key that signed it; empty where none was asked for.
  package let signer: String

  package init(
    manifest: Manifest, manifestText: String, sha256: String, imagePath: String, signer: String = ""
  ) {
    self.manifest = manifest
    self.manifestText = manifestText
    self.sha256 = sha256
    self.imagePath = imagePath
    self.signer = signer
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
  private let trust: TrustRules
  /// Hashes whose trial went well in this process.
  private let tried = Threading.Condition<Set<String>>([])

  package init(
    cache: PluginImageCache, trial: TrialLoad, rules: FileRules = FileRules(), abi: HostABI = HostABI(),
    trust: TrustRules = TrustRules()
  ) {
    self.cache = cache
    self.trial = trial
    self.rules = rules
    self.abi = abi
    self.trust = trust
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

  /// Why a content that was accepted is not to be used any more; nil when it is.
  func revocation(of sha256: String) -> Objection? { trust.revocation(of: sha256) }

  /// A text that changes when verdicts may: with the rights of the folder and with the installed libraries.
  func circumstances(of folder: String) -> String {
    var text = ""
    do throws(Objection) { try rules.checkFolder(folder) } catch { text = error.description }
    let libraries = FileSignature(path: "/etc/ld.so.cache")
    let machine = "\(libraries?.inode ?? 0)|\(libraries?.changedNanoseconds ?? 0)"
    return "\(text)|\(machine)|\(trust.circumstances(of: folder))"
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
    guard let image = try copy(path) else { return nil }
    progress.sha256 = image.sha256
    do throws(Objection) {
      let (manifest, text) = try check(image, in: folder, &progress)
      // None of its code has run yet.
      let signer = try trust.check(sha256: image.sha256, path: path)
      try load(image)
      return AcceptedPlugin(
        manifest: manifest, manifestText: text, sha256: image.sha256, imagePath: image.path, signer: signer)
    } catch {
      if image.isNew, !tried.withLock({ $0.contains(image.sha256) }) { cache.drop(image) }
      throw error
    }
  }

  /// The private copy of the file, or of the folder with all that is in it; nil when it changed meanwhile.
  private func copy(_ path: String) throws(Objection) -> PluginImageCache.Image? {
    if FileSignature(path: path)?.isFolder == true {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      return try cache.takeTree(path, name: name, rules: rules)
    }
    let descriptor = try rules.open(path)
    defer { close(descriptor) }
    // What cannot be taken anyhow is not copied.
    try PluginFacts.checkForm(try ELFFile(ByteSource(descriptor: descriptor)))
    return try cache.take(descriptor)
  }

  /// Loads it once in a child, unless that went well before on this machine as it is now.
  private func load(_ image: PluginImageCache.Image) throws(Objection) {
    if tried.withLock({ $0.contains(image.sha256) }) { return }
    let machine = Self.machine()
    if !cache.wasTried(image.sha256, machine) {
      try trial.run(
        imagePath: image.path, isTree: PluginImageCache.isTree(image.path, image.sha256))
      cache.noteTried(image.sha256, machine)
    }
    tried.withLock { _ = $0.insert(image.sha256) }
  }

  /// Changes when a library or this program was installed anew: then a trial is worth repeating.
  private static func machine() -> String {
    ["/etc/ld.so.cache", "/proc/self/exe"].map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return "none" }
      return "\(status.st_dev):\(status.st_ino):\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }.joined(separator: " ") + " " + (getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? "")
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
    let libraries = LibraryPath.current()
    if PluginImageCache.isTree(image.path, image.sha256) {
      try libraries.checkTree(file, FolderPath.parent(of: image.path), rules)
    } else {
      try libraries.check(file, in: folder, rules)
    }
    return (manifest, file.manifests[0])
  }
}
