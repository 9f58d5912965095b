import DataModel

extension Revocation: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(sha256)
    writer.put(at)
    writer.put(who)
    writer.put(reason)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      sha256: try reader.string(), at: try reader.number(), who: try reader.string(),
      reason: try reader.string())
  }
}

extension RevokePlugin: WireVerb {
  package typealias Reply = Nothing
  package static let code: UInt16 = 70
  package func encode(to writer: inout WireWriter) {
    writer.put(revocation)
    writer.put(isRevoked)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(try reader.value(), isRevoked: try reader.bool())
  }
}

extension ListRevocations: WireVerb {
  package typealias Reply = [Revocation]
  package static let code: UInt16 = 71
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) { self.init() }
}
