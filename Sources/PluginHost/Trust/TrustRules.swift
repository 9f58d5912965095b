import Glibc

/// Decides whose plug-ins are taken, by the hash of the very bytes that will be loaded and before any of their code runs.
package struct TrustRules: Sendable {
  package let trust: PluginTrust
  private let rules: FileRules
  /// Hashes that were revoked while the engine served, with the reason that was given.
  private let revoked: @Sendable () -> [String: String]

  package init(
    _ trust: PluginTrust = PluginTrust(), rules: FileRules = FileRules(),
    revoked: @escaping @Sendable () -> [String: String] = { [:] }
  ) {
    self.trust = trust
    self.rules = rules
    self.revoked = revoked
  }

  /// Who vouches for the content with that hash: the name of a key, or "" where the rule asks for none. `path` is the
  /// dropped file or folder, beside which its signature lies.
  package func check(sha256: String, path: String) throws(Objection) -> String {
    if let objection = revocation(of: sha256) { throw objection }
    switch trust.rule {
    case .directory: return ""
    case .allowList:
      if trust.allowed.contains(sha256) { return "" }
      throw Objection(
        "its hash \(sha256) is not on the list of those that are allowed",
        cure: "if you trust it, add the hash to plugins.allow in the configuration")
    case .signed: return try signer(sha256, path)
    }
  }

  /// Why the content with that hash is never taken; nil when it is not revoked.
  func revocation(of sha256: String) -> Objection? {
    if trust.revoked.contains(sha256) {
      return Objection(
        "its content (\(sha256)) is revoked by the configuration", cure: "drop a version that is not")
    }
    guard let reason = revoked()[sha256] else { return nil }
    let words = reason.isEmpty ? "" : ": \(reason)"
    return Objection(
      "its content (\(sha256)) was revoked\(words)",
      cure: "drop a version that is not, or take it back with \"bulkhead plugins restore \(sha256)\"")
  }

  private func signer(_ sha256: String, _ path: String) throws(Objection) -> String {
    guard !trust.keyFolder.isEmpty else {
      throw Objection(
        "only signed plug-ins are taken, and no folder of keys is named",
        cure: "set plugins.keys in the configuration")
    }
    let signature = try self.signature(path + PluginSignature.suffix)
    let keys = try KeyFolder(path: trust.keyFolder, rules: rules).entries()
    guard let known = keys.first(where: { $0.key.identity == signature.keyIdentity }) else {
      throw Objection(
        "it is signed by the key \(signature.keyIdentity), which is not in \(trust.keyFolder)",
        cure: "if you trust that key, put its .pub file there; else have it signed by one of yours")
    }
    guard signature.isBy(known.key, sha256: sha256) else {
      throw Objection(
        "its signature by \(known.name) is not of this content: the file or the signature was changed after signing",
        cure: "get both anew, or sign it again with \"bulkhead plugin sign\"")
    }
    return known.name
  }

  private func signature(_ path: String) throws(Objection) -> PluginSignature {
    guard FileSignature(path: path) != nil else {
      throw Objection(
        "it has no signature: there is no \(path)",
        cure: "sign it with \"bulkhead plugin sign\" and copy both here",
        isIncomplete: true)
    }
    let descriptor = try rules.open(path)
    defer { close(descriptor) }
    guard let text = KeyFolder.text(descriptor, limit: Int(PluginSignature.sizeLimit)),
      let signature = PluginSignature(text: text)
    else {
      throw Objection(
        "\(path) is no signature of a plug-in", cure: "sign it again with \"bulkhead plugin sign\"",
        isIncomplete: true)
    }
    return signature
  }

  /// Changes when a verdict may: with the keys, with the signatures in the folder, with what is revoked.
  func circumstances(of folder: String) -> String {
    var parts = revoked().keys.sorted()
    if trust.rule == .signed {
      parts.append(KeyFolder(path: trust.keyFolder, rules: rules).circumstances)
      for name in (FolderListing.names(folder) ?? []).sorted() where name.hasSuffix(PluginSignature.suffix) {
        let signature = FileSignature(path: folder + "/" + name)
        parts.append("\(name):\(signature?.inode ?? 0):\(signature?.changedNanoseconds ?? 0)")
      }
    }
    return parts.joined(separator: ";")
  }
}
