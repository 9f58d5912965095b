import Glibc

/// The public keys that signatures are checked with: `NAME.pub` files in one folder, which nobody but root and the
/// serving user may write.
package struct KeyFolder: Sendable {
  package struct Entry: Sendable {
    /// The file's name without `.pub`: who signs, for people.
    package let name: String
    package let key: SigningKey
  }

  private static let sizeLimit = 16 << 10
  package let path: String
  private let rules: FileRules

  package init(path: String, rules: FileRules = FileRules()) {
    self.path = FolderPath.absolute(path)
    self.rules = rules
  }

  /// All keys, by name. A file that is no key is refused, not passed over: its owner thinks that it counts.
  package func entries() throws(Objection) -> [Entry] {
    try rules.checkFolder(path)
    guard let names = FolderListing.names(path) else { throw FileRules.unreadable(path, errno) }
    var entries: [Entry] = []
    for name in names.sorted() where name.hasSuffix(".pub") && !name.hasPrefix(".") {
      entries.append(Entry(name: String(name.dropLast(4)), key: try key(path + "/" + name)))
    }
    return entries
  }

  private func key(_ file: String) throws(Objection) -> SigningKey {
    let descriptor = try rules.open(file)
    defer { close(descriptor) }
    guard let text = Self.text(descriptor, limit: Self.sizeLimit), let key = SigningKey(pem: text, .shared)
    else {
      throw Objection(
        "\(file) holds no public Ed25519 key",
        cure: "remove it, or write it with \"bulkhead plugin keys generate\" or \"openssl pkey -pubout\"")
    }
    return key
  }

  /// Changes when the keys may have.
  var circumstances: String {
    guard let names = FolderListing.names(path) else { return "none" }
    return names.sorted().filter { $0.hasSuffix(".pub") }.map { name in
      let signature = FileSignature(path: path + "/" + name)
      return "\(name):\(signature?.inode ?? 0):\(signature?.changedNanoseconds ?? 0)"
    }.joined(separator: ",")
  }

  /// The whole of a short file; nil when it is longer or cannot be read.
  static func text(_ descriptor: Int32, limit: Int) -> String? {
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0, count <= limit else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
