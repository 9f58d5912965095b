package import DataModel

/// Asks the serving process how it stands. Answered by `serve` itself, not by the store.
package struct ServeStatus: Sendable, Equatable, WireVerb {
  package static let code: UInt16 = 100

  package struct Reply: Sendable, Equatable, WireCodable {
    package var process: ProcessIdentity
    package var version: String
    /// The store's location.
    package var store: String
    package var nodes: [NodeRow]
    /// Jobs by name of state and outcome.
    package var counts: [String: Int]
    /// When it began to serve.
    package var since: Milliseconds
    package var isDraining: Bool

    package init(
      process: ProcessIdentity, version: String, store: String, nodes: [NodeRow], counts: [String: Int],
      since: Milliseconds, isDraining: Bool
    ) {
      self.process = process
      self.version = version
      self.store = store
      self.nodes = nodes
      self.counts = counts
      self.since = since
      self.isDraining = isDraining
    }

    package func encode(to writer: inout WireWriter) {
      writer.put(process)
      writer.put(version)
      writer.put(store)
      writer.put(nodes)
      writer.put(counts)
      writer.put(since)
      writer.put(isDraining)
    }

    package init(from reader: inout WireReader) throws(StoreError) {
      self.init(
        process: try reader.value(), version: try reader.string(), store: try reader.string(),
        nodes: try reader.value(), counts: try reader.value(), since: try reader.number(),
        isDraining: try reader.bool())
    }
  }

  package init() {}
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) {}
}

/// Asks the serving process to end. Asking again may only go further: drain, cancel, now.
package struct ServeStop: Sendable, Equatable, WireVerb {
  package static let code: UInt16 = 101

  package enum Mode: UInt8, Sendable, CaseIterable {
    /// Running jobs finish.
    case drain = 1
    /// Running jobs are asked to stop and clean up.
    case cancel = 2
    /// Workers are killed.
    case now = 3
  }

  package struct Reply: Sendable, Equatable, WireCodable {
    /// Jobs that a worker holds.
    package var activeJobs: Int
    package init(activeJobs: Int) { self.activeJobs = activeJobs }
    package func encode(to writer: inout WireWriter) { writer.put(activeJobs) }
    package init(from reader: inout WireReader) throws(StoreError) { activeJobs = try reader.value() }
  }

  package var mode: Mode
  package init(mode: Mode) { self.mode = mode }
  package func encode(to writer: inout WireWriter) { writer.put(mode.rawValue) }
  package init(from reader: inout WireReader) throws(StoreError) { mode = try reader.choice() }
}
