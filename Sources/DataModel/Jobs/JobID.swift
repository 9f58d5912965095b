/// A job's number, given by the store: 64 bits, rising, never used twice.
package struct JobID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }
  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
  package var description: String { String(rawValue) }
}

/// Rises with every claim of a job. Every write of a run carries it; a write with an old one changes nothing.
package typealias Fence = Int64

/// Milliseconds since 1970-01-01 00:00 UTC. Always passed in, never read inside the core.
package typealias Milliseconds = Int64

/// One worker process: its number is taken from the store at its start and never reused.
package struct NodeID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  package let rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }
  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package var description: String { "w\(rawValue)" }
}

/// What a job does: an action of a plug-in, written `libvirt:server.create`.
package struct JobKind: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let plugin: String
  package let action: String

  package init(plugin: String, action: String) {
    self.plugin = plugin
    self.action = action
  }

  /// Parses `plugin:action`; nil when there is no colon or a side is empty.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    self.init(plugin: String(parts[0]), action: String(parts[1]))
  }

  package var description: String { plugin + ":" + action }

  package static func < (left: JobKind, right: JobKind) -> Bool {
    (left.plugin, left.action) < (right.plugin, right.action)
  }
}
