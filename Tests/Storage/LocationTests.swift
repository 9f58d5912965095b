import Foundation
import Storage
import TestSupport
import Testing

@Suite("Where a store is, and who may serve it")
struct LocationTests {
  @Test(
    "locations are parsed to absolute paths",
    arguments: [
      ("sqlite:/var/lib/a.db", "/var/lib/a.db"), ("sqlite:./bulkhead.db", "/srv/bulkhead.db"),
      ("sqlite:a.db", "/srv/a.db"), ("sqlite:/a//b/./c.db", "/a/b/c.db"),
      ("sqlite:../x.db", "/srv/../x.db"),
    ])
  func parse(_ text: String, _ path: String) throws {
    let location = try StoreLocation(text, relativeTo: "/srv")
    #expect(location.path == path && location.description == "sqlite:" + path)
    #expect(try location.socketPath() == path + ".sock")
  }

  @Test(
    "what is no location is refused with an example",
    arguments: ["", "a.db", "sqlite:", "sqlite:/tmp/", "mysql:x"])
  func wrong(_ text: String) {
    let error = refusal { try StoreLocation(text) }
    #expect(error?.code == .invalid && error?.cure.contains("sqlite:./bulkhead.db") == true)
  }

  @Test("the option goes before the environment, and that before the default")
  func choose() throws {
    let environment = ["BULKHEAD_STORE": "sqlite:/env.db"]
    #expect(try StoreLocation.choose(option: "sqlite:/o.db", environment: environment).path == "/o.db")
    #expect(try StoreLocation.choose(option: nil, environment: environment).path == "/env.db")
    let folder = FileManager.default.currentDirectoryPath
    #expect(try StoreLocation.choose(option: nil, environment: [:]).path == folder + "/bulkhead.db")
    #expect(
      try StoreLocation.choose(option: nil, environment: ["BULKHEAD_STORE": ""]).path.hasSuffix(
        "/bulkhead.db"))
  }

  @Test("a path too long for a socket gets one in a private folder, always the same")
  func longPath() throws {
    let long = "sqlite:/tmp/" + String(repeating: "d/", count: 60)
    let first = try StoreLocation(long + "a.db").socketPath()
    #expect(try first.utf8.count <= 100 && StoreLocation(long + "a.db").socketPath() == first)
    #expect(try StoreLocation(long + "b.db").socketPath() != first)
    let folder = URL(fileURLWithPath: first).deletingLastPathComponent().path
    let facts = try FileManager.default.attributesOfItem(atPath: folder)
    #expect(facts[.posixPermissions] as? Int == 0o700)
    #expect(facts[.ownerAccountID] as? Int == Int(getuid()))
  }

  @Test("a store is served by one: the second is told by whom, until the first ends")
  func lock() throws {
    let folder = try TestStore.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let location = try StoreLocation("sqlite:\(folder)/a.db")
    var first: StoreLock? = try StoreLock(location)
    let error = refusal { try StoreLock(location) }
    #expect(error?.code == .alreadyServed)
    #expect(error?.message == "\(location) is served already, by process \(getpid())")
    #expect(error?.cure.contains("bulkhead stop") == true)
    #expect(first?.path == folder + "/a.db.lock")
    first = nil
    #expect(refusal { try StoreLock(location) } == nil)
    let nowhere = try StoreLocation("sqlite:/nowhere/at/all.db")
    #expect(refusal { try StoreLock(nowhere) }?.code == .database)
  }

  @Test("faults fire at the counted reach of their own point, once")
  func faults() {
    var plan = FaultPlan("store.before_commit:3=kill,run.before_entry=stop,plain")
    #expect(plan.reach("store.before_commit") == nil && plan.reach("store.before_commit") == nil)
    #expect(plan.reach("other") == nil)
    #expect(plan.reach("store.before_commit") == SIGKILL && plan.reach("store.before_commit") == nil)
    #expect(plan.reach("run.before_entry") == SIGSTOP)
    #expect(plan.reach("plain") == SIGKILL)
    var wrong = FaultPlan("a:x,b=explode,:3,c:0,,=kill")
    for name in ["a", "b", "", "c"] { #expect(wrong.reach(name) == nil) }
  }
}
