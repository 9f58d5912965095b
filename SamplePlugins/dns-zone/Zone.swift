/// A name server's zone: names, addresses and the head that belongs to them. Pure: no host, no files.
struct Zone {
  struct Entry: Hashable {
    /// Relative to the zone: `web-1`.
    var name: String
    var address: Address
  }

  var origin: String
  var primary: String
  var contact: String
  var ttl: Int
  private(set) var entries: [Entry] = []

  init(origin: String, primary: String, contact: String, ttl: Int) {
    self.origin = origin
    self.primary = primary
    self.contact = contact
    self.ttl = ttl
  }

  /// Why a server has no place in the zone.
  struct Refusal: Error { let reason: String }

  /// Adds a server by its host name, which may end in the zone's own name.
  mutating func add(host: String, address: String) throws(Refusal) {
    let suffix = "." + origin
    let name = host.hasSuffix(suffix) ? String(host.dropLast(suffix.count)) : host
    guard Self.isName(name), (name + suffix).utf8.count <= 253 else {
      throw Refusal(reason: "its name is no DNS name")
    }
    guard let address = Address(address) else { throw Refusal(reason: "\"\(address)\" is no IP address") }
    let entry = Entry(name: name, address: address)
    guard !entries.contains(where: { $0.name == name && $0.address.type == address.type }) else {
      throw Refusal(reason: "the zone has \(name) already")
    }
    entries.append(entry)
  }

  /// Letters, digits and `-` in labels of 63 at most, not at a label's edge.
  static func isName(_ text: String) -> Bool {
    let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      guard (1...63).contains(label.count), label.first != 0x2D, label.last != 0x2D else { return false }
      return label.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
          || byte == 0x2D
      }
    }
  }

  /// The file, sorted by name, so that equal zones are equal files.
  func text(serial: UInt32) -> String {
    let sorted = entries.sorted { ($0.name, $0.address.text) < ($1.name, $1.address.text) }
    return """
      ; Written by the plug-in dns-zone. Change the servers' records, not this file.
      $ORIGIN \(origin).
      $TTL \(ttl)
      @ IN SOA \(primary). \(contact). (
          \(serial) ; serial
          3600 900 1209600 300 )
      @ IN NS \(primary).

      """ + sorted.map { "\($0.name) IN \($0.address.type) \($0.address.text)\n" }.joined()
  }

  /// The serial of a zone file as this plug-in writes it; nil when there is none.
  static func serial(in text: String) -> UInt32? {
    let line = text.split(separator: "\n").first { $0.hasSuffix("; serial") }
    return line.flatMap { UInt32($0.split(separator: " ").first ?? "") }
  }

  /// The serial that follows: today's first, or one more than the last. Serials go round (RFC 1982), so that one
  /// more is always later.
  static func serial(after last: UInt32?, today: UInt32) -> UInt32 {
    let first = today * 100
    guard let last else { return first }
    let next = last &+ 1
    return Int32(bitPattern: first &- next) > 0 ? first : next
  }
}
