import CCrypto
import Glibc

/// An Ed25519 key, as OpenSSL keeps it in PEM files: `openssl genpkey -algorithm ed25519` makes one too.
// SAFETY: the key is only read after it was made, which OpenSSL allows from any thread.
package final class SigningKey: @unchecked Sendable {
  package enum Part: Sendable { case secret, shared }

  private static let identityLength = 16
  private let key: OpaquePointer

  private init(_ key: OpaquePointer) { self.key = key }

  deinit { EVP_PKEY_free(key) }

  /// A fresh pair; nil when the library refused to work.
  package static func generate() -> SigningKey? {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1 else { return nil }
    return key.map { SigningKey($0) }
  }

  /// Reads a PEM text. Nil when it holds no such part of an Ed25519 key; keys with a passphrase are not read.
  package convenience init?(pem: String, _ part: Part) {
    var text = Array(pem.utf8)
    let found = text.withUnsafeMutableBytes { bytes -> OpaquePointer? in
      guard let memory = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
      defer { BIO_free(memory) }
      // Without an answer to "passphrase?" OpenSSL would ask on the terminal.
      switch part {
      case .secret: return PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil)
      case .shared: return PEM_read_bio_PUBKEY(memory, nil, { _, _, _, _ in -1 }, nil)
      }
    }
    ERR_clear_error()
    guard let found else { return nil }
    guard EVP_PKEY_get_base_id(found) == EVP_PKEY_ED25519 else {
      EVP_PKEY_free(found)
      return nil
    }
    self.init(found)
  }

  package func pem(_ part: Part) -> String? {
    guard let memory = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(memory) }
    let code =
      part == .secret
      ? PEM_write_bio_PKCS8PrivateKey(memory, key, nil, nil, 0, nil, nil) : PEM_write_bio_PUBKEY(memory, key)
    guard code == 1 else { return nil }
    var text = [UInt8](repeating: 0, count: 1024)
    let count = BIO_read(memory, &text, Int32(text.count))
    return count > 0 ? String(decoding: text.prefix(Int(count)), as: UTF8.self) : nil
  }

  /// Names the pair: the first half of the SHA-256 of the public key, 32 hexadecimal digits.
  package var identity: String {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    EVP_PKEY_get_raw_public_key(key, &bytes, &count)
    var digest = SHA256Digest()
    bytes.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
    return String((digest.hex() ?? "").prefix(2 * Self.identityLength))
  }

  /// 64 bytes; nil when this is only the public part.
  package func sign(_ message: [UInt8]) -> [UInt8]? {
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 64)
    var count = signature.count
    let isDone =
      EVP_DigestSignInit(context, nil, nil, nil, key) == 1
      && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    ERR_clear_error()
    return isDone && count == signature.count ? signature : nil
  }

  package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == 64, let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    let isRight =
      EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    ERR_clear_error()
    return isRight
  }
}
