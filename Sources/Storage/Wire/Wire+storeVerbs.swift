package import DataModel

extension CheckStore: WireVerb {
  package typealias Reply = StoreReport
  package static let code: UInt16 = 60
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) { self.init() }
}

extension StoreReport: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(problems)
    writer.put(schema)
    writer.put(jobs)
    writer.put(bytes)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      problems: try reader.value(), schema: try reader.number(), jobs: try reader.value(),
      bytes: try reader.number())
  }
}

extension PruneHistory: WireVerb {
  package typealias Reply = PruneAnswer
  package static let code: UInt16 = 61

  package func encode(to writer: inout WireWriter) {
    writer.put(jobsBefore)
    writer.put(logsBefore)
    writer.put(batchesBefore)
    writer.put(keptFor)
    writer.put(rows)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      jobsBefore: try reader.value(), logsBefore: try reader.value(), batchesBefore: try reader.value(),
      keptFor: try reader.number(), rows: try reader.value())
  }
}

extension PruneAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(jobs)
    writer.put(logLines)
    writer.put(isDone)
    writer.put(newest)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      jobs: try reader.value(), logLines: try reader.value(), isDone: try reader.bool(),
      newest: try reader.number())
  }
}

extension FindPrunedJob: WireVerb {
  package typealias Reply = Milliseconds?
  package static let code: UInt16 = 62
  package func encode(to writer: inout WireWriter) { writer.put(job) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(job: try reader.value()) }
}

extension ServeBackup: WireVerb {
  /// The checked copy.
  package typealias Reply = StoreReport
  package static let code: UInt16 = 63
  package func encode(to writer: inout WireWriter) { writer.put(path) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(path: try reader.string()) }
}
