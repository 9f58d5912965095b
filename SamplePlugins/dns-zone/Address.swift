import Glibc

/// An IP address, in the form that the system writes it.
struct Address: Hashable {
  /// `A` or `AAAA`.
  let type: String
  let text: String

  init?(_ given: String) {
    for (family, type) in [(AF_INET, "A"), (AF_INET6, "AAAA")] {
      var bytes = [UInt8](repeating: 0, count: 16)
      guard inet_pton(family, given, &bytes) == 1 else { continue }
      var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { continue }
      self.type = type
      text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return
    }
    return nil
  }
}
