package import DataModel

extension FieldValue: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .null: writer.put(UInt8(0))
    case .bool(let value):
      writer.put(UInt8(1))
      writer.put(value)
    case .int(let value):
      writer.put(UInt8(2))
      writer.put(value)
    case .real(let value):
      writer.put(UInt8(3))
      writer.put(value.bitPattern)
    case .string(let value):
      writer.put(UInt8(4))
      writer.put(value)
    case .instant(let value):
      writer.put(UInt8(5))
      writer.put(value)
    case .ref(let value):
      writer.put(UInt8(6))
      writer.put(value)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .null
    case 1: self = .bool(try reader.bool())
    case 2: self = .int(try reader.number())
    case 3: self = .real(Double(bitPattern: try reader.number()))
    case 4: self = .string(try reader.string())
    case 5: self = .instant(try reader.number())
    case 6: self = .ref(try reader.number())
    case let raw: throw WireReader.unknown(raw, of: "FieldValue")
    }
  }
}

extension FieldAssignment: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(field)
    writer.put(value)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(field: try reader.number(), value: try reader.value())
  }
}

extension RecordChange: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .create(let entity, let id, let values):
      writer.put(UInt8(1))
      writer.put(entity)
      writer.put(id)
      writer.put(values)
    case .set(let entity, let id, let version, let values):
      writer.put(UInt8(2))
      writer.put(entity)
      writer.put(id)
      writer.put(version)
      writer.put(values)
    case .delete(let entity, let id, let version):
      writer.put(UInt8(3))
      writer.put(entity)
      writer.put(id)
      writer.put(version)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 1:
      self = .create(entity: try reader.number(), id: try reader.number(), values: try reader.value())
    case 2:
      self = .set(
        entity: try reader.number(), id: try reader.number(), version: try reader.number(),
        values: try reader.value())
    case 3:
      self = .delete(entity: try reader.number(), id: try reader.number(), version: try reader.number())
    case let raw: throw WireReader.unknown(raw, of: "RecordChange")
    }
  }
}

extension RecordAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .done(let version):
      writer.put(UInt8(1))
      writer.put(version)
    case .notFound: writer.put(UInt8(2))
    case .conflict(let text):
      writer.put(UInt8(3))
      writer.put(text)
    case .invalid(let text):
      writer.put(UInt8(4))
      writer.put(text)
    case .fenced: writer.put(UInt8(5))
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .done(version: try reader.number())
    case 2: self = .notFound
    case 3: self = .conflict(try reader.string())
    case 4: self = .invalid(try reader.string())
    case 5: self = .fenced
    case let raw: throw WireReader.unknown(raw, of: "RecordAnswer")
    }
  }
}

extension WriteRecord: WireVerb {
  package typealias Reply = RecordAnswer
  package static let code: UInt16 = 30

  package func encode(to writer: inout WireWriter) {
    writer.put(run)
    writer.put(sequence)
    writer.put(change)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(run: try reader.value(), sequence: try reader.number(), change: try reader.value())
  }
}

extension RecordRow: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(id)
    writer.put(version)
    writer.put(values)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(id: try reader.number(), version: try reader.number(), values: try reader.value())
  }
}

extension ReadRecord: WireVerb {
  package typealias Reply = RecordRow?
  package static let code: UInt16 = 31

  package func encode(to writer: inout WireWriter) {
    writer.put(entity)
    writer.put(id)
    writer.put(fields)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(entity: try reader.number(), id: try reader.number(), fields: try reader.value())
  }
}

extension FindRecords: WireVerb {
  package typealias Reply = [Int64]
  package static let code: UInt16 = 32

  package func encode(to writer: inout WireWriter) {
    writer.put(entity)
    writer.put(match)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(entity: try reader.number(), match: try reader.value(), limit: try reader.value())
  }
}
