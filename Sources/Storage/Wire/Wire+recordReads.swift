package import DataModel

extension RecordFacts: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(entity)
    writer.put(row)
    writer.put(changedBy)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      entity: try reader.number(), row: try reader.value(), changedBy: try reader.number())
  }
}

extension ListRecords: WireVerb {
  package typealias Reply = [RecordFacts]
  package static let code: UInt16 = 33

  package func encode(to writer: inout WireWriter) {
    writer.put(entity)
    writer.put(matches)
    writer.put(after)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      entity: try reader.number(), matches: try reader.value(), after: try reader.number(),
      limit: try reader.value())
  }
}

extension GetRecord: WireVerb {
  package typealias Reply = RecordFacts?
  package static let code: UInt16 = 34

  package func encode(to writer: inout WireWriter) {
    writer.put(entity)
    writer.put(id)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(entity: try reader.number(), id: try reader.number())
  }
}

extension ListJobRecords: WireVerb {
  package typealias Reply = [RecordFacts]
  package static let code: UInt16 = 35

  package func encode(to writer: inout WireWriter) {
    writer.put(job)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(job: try reader.value(), limit: try reader.value())
  }
}
