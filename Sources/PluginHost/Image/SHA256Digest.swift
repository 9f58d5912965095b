import CCrypto
import Glibc

/// SHA-256 of bytes that come piece by piece.
package struct SHA256Digest: ~Copyable {
  private let context: OpaquePointer?
  private var isGood: Bool

  init() {
    context = EVP_MD_CTX_new()
    isGood = context != nil && EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    isGood = isGood && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
  }

  /// 64 hexadecimal digits; nil when the library refused to work. Ends the digest.
  mutating func hex() -> String? {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard isGood, EVP_DigestFinal_ex(context, &bytes, nil) == 1 else { return nil }
    isGood = false
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Of everything in an open file from its start, each piece also given to `copy`, which answers false to
  /// end early. Nil when the file could not be read or `copy` ended it.
  package static func ofFile(_ descriptor: Int32, copy: (UnsafeRawBufferPointer) -> Bool = { _ in true }) -> (
    hex: String, size: Int64
  )? {
    var digest = SHA256Digest()
    var size: Int64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, Int(size))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      digest.add(piece)
      guard copy(piece) else { return nil }
      size += Int64(count)
    }
    return digest.hex().map { ($0, size) }
  }
}
