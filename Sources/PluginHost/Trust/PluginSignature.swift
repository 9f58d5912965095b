/// A signature beside a plug-in: `NAME.so.sig`, three lines of text. What is signed is a fixed line and the SHA-256 of the
/// plug-in's bytes, so that a key can be kept where no plug-in ever comes:
///
///     printf 'bulkhead plug-in 1\nSHA256\n' | openssl pkeyutl -sign -rawin -inkey NAME.key -in /dev/stdin
package struct PluginSignature: Sendable, Equatable {
  /// Bytes that such a file may have.
  package static let sizeLimit: Int64 = 4096
  package static let suffix = ".sig"
  private static let firstLine = "bulkhead plug-in signature 1"

  /// Of the key that made it, see `SigningKey.identity`.
  package let keyIdentity: String
  /// 64 bytes.
  package let bytes: [UInt8]

  package init(keyIdentity: String, bytes: [UInt8]) {
    self.keyIdentity = keyIdentity
    self.bytes = bytes
  }

  /// Signs the content with that hash; nil when `key` has no secret part.
  package init?(sha256: String, key: SigningKey) {
    guard let bytes = key.sign(Self.message(sha256: sha256)) else { return nil }
    self.init(keyIdentity: key.identity, bytes: bytes)
  }

  /// What is signed.
  package static func message(sha256: String) -> [UInt8] { Array("bulkhead plug-in 1\n\(sha256)\n".utf8) }

  package func isBy(_ key: SigningKey, sha256: String) -> Bool {
    key.identity == keyIdentity && key.verifies(bytes, of: Self.message(sha256: sha256))
  }

  /// Nil when the text has another form.
  package init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count == 4, lines[0] == Self.firstLine, lines[3].isEmpty,
      lines[1].hasPrefix("key: "), lines[2].hasPrefix("signature: ")
    else { return nil }
    let identity = String(lines[1].dropFirst(5))
    guard identity.utf8.count == 32, Self.bytes(hex: identity) != nil,
      let bytes = Self.bytes(hex: String(lines[2].dropFirst(11))), bytes.count == 64
    else { return nil }
    self.init(keyIdentity: identity, bytes: bytes)
  }

  package var text: String {
    let digits = Array("0123456789abcdef".utf8)
    let hex = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    return "\(Self.firstLine)\nkey: \(keyIdentity)\nsignature: \(hex)\n"
  }

  private static func bytes(hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    default: nil
    }
  }
}
