import DataModel

extension StoreSignal: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .jobsReady: writer.put(UInt8(1))
    case .jobChanged(let job):
      writer.put(UInt8(2))
      writer.put(job)
    case .nodeCalled(let node):
      writer.put(UInt8(3))
      writer.put(node)
    case .pluginsChanged: writer.put(UInt8(4))
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .jobsReady
    case 2: self = .jobChanged(try reader.value())
    case 3: self = .nodeCalled(try reader.value())
    case 4: self = .pluginsChanged
    case let raw: throw WireReader.unknown(raw, of: "StoreSignal")
    }
  }
}

extension StoreInterest: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(ready)
    writer.put(plugins)
    writer.put(node)
    writer.put(jobs.sorted())
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init()
    ready = try reader.bool()
    plugins = try reader.bool()
    node = try reader.value()
    jobs = Set(try reader.value([JobID].self))
  }
}
