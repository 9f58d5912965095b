import DataModel

extension PluginVersion: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(sha256)
    writer.put(pluginID)
    writer.put(version)
    writer.put(cleanRuns)
    writer.put(strikes)
    writer.put(probationRuns)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      sha256: try reader.string(), pluginID: try reader.string(), version: try reader.string(),
      cleanRuns: try reader.value(), strikes: try reader.value(), probationRuns: try reader.value())
  }
}

extension AcceptVersion: WireVerb {
  package typealias Reply = PluginVersion
  package static let code: UInt16 = 50

  package func encode(to writer: inout WireWriter) {
    writer.put(sha256)
    writer.put(pluginID)
    writer.put(version)
    writer.put(probationRuns)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      sha256: try reader.string(), pluginID: try reader.string(), version: try reader.string(),
      probationRuns: try reader.value())
  }
}

extension ListVersions: WireVerb {
  package typealias Reply = [PluginVersion]
  package static let code: UInt16 = 51
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) { self.init() }
}

extension PlacePlugin: WireVerb {
  /// Whether anything changed.
  package typealias Reply = Bool
  package static let code: UInt16 = 52

  package func encode(to writer: inout WireWriter) {
    writer.put(file)
    writer.put(sha256)
    writer.put(group)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(file: try reader.string(), sha256: try reader.string(), group: try reader.string())
  }
}
