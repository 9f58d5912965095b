import DataModel
import Foundation
import TestSupport
import Testing

/// inventory.refresh against a real libvirtd, with a second engine as the world outside.
@Suite("libvirt: inventory", .serialized)
struct LibvirtInventoryTests {
  private func counts(_ run: LibvirtServers.Ended) -> [Int64?] {
    ["machines", "created", "changed", "vanished", "left_out"].map { run.result?[$0]?.integerValue }
  }

  @Test("machines become records, changes are followed, vanished ones are marked and come back")
  func refresh() async throws {
    try await LibvirtServers.run(2) { engines, _ in
      let (here, outside) = (engines[0], engines[1])
      try outside.run("server.create", ["name": "web-1", "cpus": "2", "memory_mib": "256"])
      let first = try here.run("inventory.refresh")
      #expect(first.state == "succeeded", "\(first.message)")
      #expect(counts(first) == [2, 2, 0, 0, 0])
      let record = try #require(try here.record("web-1"))
      #expect(record["cpus"] == .int(2))
      #expect(record["memory_mib"] == .int(256))
      #expect(record["power"] == .string("on"))
      #expect(record["status"] == .string("active"))
      #expect(record["external_id"] == (try outside.record("web-1"))?["external_id"])
      #expect(counts(try here.run("inventory.refresh")) == [2, 0, 0, 0, 0])

      try outside.run("server.power", ["name": "web-1", "power": "off"])
      #expect(counts(try here.run("inventory.refresh")) == [2, 0, 1, 0, 0])
      #expect(try here.text("web-1", "power") == "off")

      try outside.run("server.delete", ["name": "web-1"])
      #expect(counts(try here.run("inventory.refresh")) == [1, 0, 0, 1, 0])
      #expect(try here.text("web-1", "status") == "vanished")
      #expect(
        counts(try here.run("inventory.refresh")) == [1, 0, 0, 0, 0], "what is marked is not marked again")
      #expect(counts(try here.run("inventory.refresh", ["vanished": "remove"])) == [1, 0, 0, 1, 0])
      #expect(try here.record("web-1") == nil)
      #expect(try here.record("test") != nil)
    }
  }

  @Test("a name that another machine's record has is left out and said; this engine's own machines are kept")
  func conflict() async throws {
    try await LibvirtServers.run(2) { engines, _ in
      let (here, outside) = (engines[0], engines[1])
      try here.run("server.create", ["name": "web-1"])
      let own = try here.text("web-1", "external_id")
      #expect(counts(try here.run("inventory.refresh")) == [2, 1, 1, 0, 0])
      #expect(try here.text("web-1", "external_id") == own)

      try outside.run("server.delete", ["name": "web-1"])
      try outside.run("server.create", ["name": "web-1"])
      let run = try here.run("inventory.refresh")
      #expect(run.state == "warning", "\(run.message)")
      #expect(counts(run) == [2, 0, 0, 1, 1])
      #expect(try here.text("web-1", "external_id") == own)
      #expect(try here.text("web-1", "status") == "vanished")
      try here.run("inventory.refresh", ["vanished": "remove"])
      #expect(counts(try here.run("inventory.refresh")) == [2, 1, 0, 0, 0])
      #expect(try here.text("web-1", "external_id") == (try outside.text("web-1", "external_id")))
    }
  }

  @Test("records of another handler are not touched, and a connection that fails marks nothing")
  func otherHandlers() async throws {
    try await LibvirtServers.run { engines, _ in
      let servers = engines[0]
      #expect(try servers.run("inventory.refresh", ["handler": "rack-1"]).state == "succeeded")
      let failed = try servers.run("inventory.refresh", ["handler": "rack-1", "uri": "test:///nowhere.xml"])
      #expect(failed.code == -9)
      #expect(try servers.text("test", "status") == "active")
      #expect(throws: (any Error).self) { try servers.run("inventory.refresh", ["vanished": "burn"]) }
    }
  }

  @Test(
    "cancelled at each of its checkpoints it marks nothing that is there, and the next run makes it whole")
  func cancelEverywhere() async throws {
    try await LibvirtServers.run { engines, _ in
      let servers = engines[0]
      var point = 0
      while point < 60 {
        point += 1
        try servers.restart(environment: ["BULKHEAD_CANCEL_AT": String(point)])
        let run = try servers.run("inventory.refresh")
        #expect(try servers.text("test", "status") != "vanished", "at point \(point)")
        if run.state == "succeeded" { break }
        #expect(run.state == "cancelled", "at point \(point): \(run.message)")
      }
      #expect((5..<60).contains(point), "inventory.refresh has \(point - 1) points to be cancelled at")
      #expect(try servers.text("test", "status") == "active")
    }
  }

  @Test(
    "real guests of qemu:///session are made, switched, read and deleted",
    .enabled(
      if: SessionQemu.isThere, "needs qemu-system-x86_64, libvirt-daemon-driver-qemu and an ordinary user"))
  func session() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let servers = try LibvirtServers(starting: engine, uri: "qemu:///session")
      let name = "bulkhead-test-\(getpid())"
      defer { _ = try? servers.run("server.delete", ["name": name]) }
      let made = try servers.run("server.create", ["name": name, "memory_mib": "64"])
      #expect(made.state == "succeeded", "\(made.message)")
      let refreshed = try servers.run("inventory.refresh")
      #expect(refreshed.state == "succeeded", "\(refreshed.message)")
      // A guest without an operating system hears no request to shut down.
      let off = try servers.run(
        "server.power", ["name": name, "power": "off", "timeout_s": "1", "force": "true"])
      #expect(off.result?["forced"] == .bool(true), "\(off.message)")
      #expect(try servers.text(name, "power") == "off")
      #expect(try servers.run("server.power", ["name": name, "power": "on"]).state == "succeeded")
      #expect(try servers.run("server.power", ["name": name, "power": "reset"]).state == "succeeded")
      #expect(try servers.run("server.delete", ["name": name]).state == "succeeded")
      #expect(try servers.record(name) == nil)
    }
  }
}

/// Whether `qemu:///session` can be opened here. libvirt starts its daemon for that when it is asked, so the cheap
/// questions come first.
private enum SessionQemu {
  static let isThere: Bool = {
    guard geteuid() != 0, getenv("XDG_RUNTIME_DIR") != nil else { return false }
    guard access("/usr/bin/qemu-system-x86_64", X_OK) == 0 else { return false }
    return (try? ToolRun(["timeout", "10", "virsh", "-c", "qemu:///session", "uri"]).status) == 0
  }()
}
