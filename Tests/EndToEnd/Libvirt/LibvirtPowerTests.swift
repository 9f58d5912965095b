import DataModel
import Foundation
import TestSupport
import Testing

/// server.power against a real libvirtd.
@Suite("libvirt: power", .serialized)
struct LibvirtPowerTests {
  @Test("off, on, reboot: each waits until it is so, doing nothing where it is so, and the record follows")
  func power() async throws {
    try await LibvirtServers.run { engines, _ in
      let servers = engines[0]
      #expect(try servers.run("server.create", ["name": "web-1"]).state == "succeeded")
      for (power, changed, recorded) in [
        ("on", false, "on"), ("off", true, "off"), ("off", false, "off"), ("on", true, "on"),
        ("reboot", true, "on"),
      ] {
        let run = try servers.run("server.power", ["name": "web-1", "power": power])
        #expect(run.state == "succeeded", "\(power): \(run.message)")
        #expect(run.result?["changed"] == .bool(changed), "\(power)")
        #expect(run.result?["forced"] == .bool(false))
        #expect(try servers.text("web-1", "power") == recorded)
      }
    }
  }

  @Test("a machine without a record is switched, one that is not there or is off cannot be restarted")
  func refused() async throws {
    try await LibvirtServers.run { engines, _ in
      let servers = engines[0]
      #expect(try servers.run("server.power", ["name": "test", "power": "off"]).state == "succeeded")
      #expect(try servers.record("test") == nil)
      let off = try servers.run("server.power", ["name": "test", "power": "reboot"])
      #expect(off.code == -6)
      #expect(off.message.contains("is off: turn it on instead"), "\(off.message)")
      let none = try servers.run("server.power", ["name": "nobody", "power": "on"])
      #expect(none.code == -5)
      #expect(none.message.contains("has no machine nobody"))
      for bad in [
        ["power": "on"], ["name": "test"], ["name": "test", "power": "up"], ["name": "a/b", "power": "on"],
      ] {
        #expect(throws: (any Error).self) { try servers.run("server.power", bad) }
      }
      let nowhere = try servers.run(
        "server.power", ["name": "test", "power": "on", "uri": "test:///nowhere.xml"])
      #expect(nowhere.code == -9)
      #expect(nowhere.message.contains("cannot connect to test:///nowhere.xml"), "\(nowhere.message)")
    }
  }

  @Test("cancelled at each of its checkpoints it ends as cancelled, and the next run does what was asked")
  func cancelEverywhere() async throws {
    try await LibvirtServers.run { engines, _ in
      let servers = engines[0]
      var point = 0
      while point < 40 {
        point += 1
        try servers.restart(environment: [:])
        try servers.run("server.power", ["name": "test", "power": "on"])
        try servers.restart(environment: ["BULKHEAD_CANCEL_AT": String(point)])
        let run = try servers.run("server.power", ["name": "test", "power": "off"])
        if run.state == "succeeded" { break }
        #expect(run.state == "cancelled", "at point \(point): \(run.message)")
      }
      #expect((4..<40).contains(point), "server.power has \(point - 1) points to be cancelled at")
    }
  }
}
