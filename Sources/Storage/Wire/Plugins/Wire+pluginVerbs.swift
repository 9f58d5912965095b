import DataModel

extension PluginFile: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(file)
    writer.put(state.rawValue)
    writer.put(pluginID)
    writer.put(version)
    writer.put(sha256)
    writer.put(manifest)
    writer.put(image)
    writer.put(message)
    writer.put(generation)
    writer.put(changedAt)
    writer.put(group)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      file: try reader.string(), state: try reader.choice(), pluginID: try reader.string(),
      version: try reader.string(), sha256: try reader.string(), manifest: try reader.string(),
      image: try reader.string(), message: try reader.string(), generation: try reader.number(),
      changedAt: try reader.number(), group: try reader.string())
  }
}

extension PutPluginFile: WireVerb {
  /// The file as it is stored now.
  package typealias Reply = PluginFile
  package static let code: UInt16 = 20
  package func encode(to writer: inout WireWriter) { writer.put(file) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(try reader.value()) }
}

extension ListPlugins: WireVerb {
  package typealias Reply = PluginList
  package static let code: UInt16 = 21
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) { self.init() }
}

extension PluginList: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(revision)
    writer.put(files)
    writer.put(reports)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(revision: try reader.number(), files: try reader.value(), reports: try reader.value())
  }
}

extension PluginReport: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(sha256)
    writer.put(isLoaded)
    writer.put(message)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      node: try reader.value(), sha256: try reader.string(), isLoaded: try reader.bool(),
      message: try reader.string())
  }
}

extension ReportPlugin: WireVerb {
  package typealias Reply = Nothing
  package static let code: UInt16 = 22
  package func encode(to writer: inout WireWriter) { writer.put(report) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(try reader.value()) }
}
