// dns-zone: writes a name server's zone file from the servers' records. A whole plug-in in Swift.
//
// The file is replaced in one step, and only when a name or an address has changed; its serial rises each time. A server
// that has no place in a zone (no address, no DNS name) is left out and listed, and the job ends with a warning.

import BulkheadPlugin
import Glibc

let plugin = Plugin(
  id: "dns-zone", version: "1.0.0", title: "DNS zones",
  description: "Writes a name server's zone file from the servers' records.",
  actions: [Write.self, Check.self])

@c(bh_plugin_entry)
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.entry(host) }

/// What both actions are told.
struct ZoneParameters: Codable {
  var zone: String
  var path: String
  var primary: String
  var contact: String
  var ttl: Int
  var environment: String?
  var status: String

  static let keywords = [
    "zone": Keywords(
      title: "Zone", description: "example.org, without a dot at its end.", format: "hostname"),
    "path": Keywords(
      title: "Zone file", description: "Absolute path on the worker's machine.", maxLength: 4000,
      pattern: "^/"),
    "primary": Keywords(title: "Primary name server", description: "Its full name.", format: "hostname"),
    "contact": Keywords(
      title: "Contact", description: "Mail address as DNS writes it: hostmaster.example.org.",
      format: "hostname"),
    "ttl": Keywords(title: "Time to live in seconds", default: 3600, minimum: 60, maximum: 604_800),
    "environment": Keywords(title: "Only servers of this environment", minLength: 1, maxLength: 256),
    "status": Keywords(
      title: "Only servers with this status", default: "active", minLength: 1, maxLength: 64),
  ]
}

enum Write: Action {
  struct Result: Codable {
    var changed: Bool
    var serial: UInt32
    var entries: Int
    var left_out: [String]
  }

  static let name = "write"
  static let title = "Write a zone file"
  static let description = "Replaces the file in one step when a name or an address has changed."
  static let repeats = Repeats.idempotent
  static let keywords = ZoneParameters.keywords

  static func run(_ context: Context, _ parameters: ZoneParameters) throws -> Result {
    let file = ZoneFile(path: parameters.path)
    let old = try file.read()
    let last = old.flatMap { Zone.serial(in: $0) }
    if let old, last == nil, !old.isEmpty {
      throw Failure(.conflict, "\(parameters.path) was not written by this plug-in: move it away first")
    }
    let (zone, leftOut) = try Inventory(context, parameters).zone()
    let isSame = last.map { zone.text(serial: $0) == old } ?? false
    let serial = isSame ? last ?? 0 : Zone.serial(after: last, today: today())
    if !isSame { try file.replace(with: zone.text(serial: serial), context) }
    context.info(isSame ? "\(parameters.path) is as it should be" : "wrote serial \(serial)")
    return Result(changed: !isSame, serial: serial, entries: zone.entries.count, left_out: leftOut)
  }

  /// 20251231, in UTC.
  private static func today() -> UInt32 {
    var now = time(nil)
    var day = tm()
    gmtime_r(&now, &day)
    return UInt32((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday)
  }
}

enum Check: Action {
  struct Result: Codable {
    var missing: [String]
    var stale: [String]
  }

  static let name = "check"
  static let title = "Compare a zone file with the records"
  static let description = "Writes nothing. Lines that differ end the job with a warning."
  static let repeats = Repeats.idempotent
  static let keywords = ZoneParameters.keywords

  static func run(_ context: Context, _ parameters: ZoneParameters) throws -> Result {
    guard let old = try ZoneFile(path: parameters.path).read() else {
      throw Failure(.notFound, "there is no \(parameters.path)")
    }
    let (zone, _) = try Inventory(context, parameters).zone()
    let there = Set(old.split(separator: "\n").map(String.init))
    let wanted = Set(zone.text(serial: Zone.serial(in: old) ?? 0).split(separator: "\n").map(String.init))
    let result = Result(
      missing: wanted.subtracting(there).sorted(), stale: there.subtracting(wanted).sorted())
    let count = result.missing.count + result.stale.count
    if count > 0 { context.warning("\(parameters.path) differs from the records in \(count) lines") }
    return result
  }
}

/// The servers that belong into the zone.
struct Inventory {
  let context: Context
  let parameters: ZoneParameters

  init(_ context: Context, _ parameters: ZoneParameters) {
    self.context = context
    self.parameters = parameters
  }

  /// The zone, and who was left out of it and why.
  func zone() throws -> (Zone, leftOut: [String]) {
    var zone = Zone(
      origin: parameters.zone, primary: parameters.primary, contact: parameters.contact, ttl: parameters.ttl)
    var leftOut: [String] = []
    let servers = try context.records("server")
    let environment = try environment()
    let ids = try servers.find("status", .string(parameters.status))
    for (index, id) in ids.enumerated() {
      try context.checkpoint(1)
      context.progress(index, of: ids.count, "reading servers")
      guard let server = try read(id, of: servers) else { continue }
      if let environment, server["environment"] != .reference(environment) { continue }
      let host = server["hostname"].text ?? "server \(id)"
      guard let address = server["ip"].text else {
        leftOut.append("\(host): it has no address")
        continue
      }
      do throws(Zone.Refusal) {
        try zone.add(host: host, address: address)
      } catch {
        leftOut.append("\(host): \(error.reason)")
      }
    }
    context.progress(ids.count, of: ids.count, "read \(ids.count) servers")
    if !leftOut.isEmpty {
      context.warning("left out \(leftOut.count) of \(ids.count) servers; \(leftOut[0])")
    }
    return (zone, leftOut)
  }

  /// Nil when it was deleted meanwhile.
  private func read(_ id: Int64, of servers: Records) throws -> Record? {
    do {
      return try servers.get(id, ["hostname", "ip", "environment"])
    } catch let failure as Failure where failure.code == .notFound {
      return nil
    }
  }

  private func environment() throws -> Int64? {
    guard let name = parameters.environment else { return nil }
    if let id = try context.records("environment").find("name", .string(name), limit: 1).first { return id }
    throw Failure(.notFound, "there is no environment \(name)")
  }
}
