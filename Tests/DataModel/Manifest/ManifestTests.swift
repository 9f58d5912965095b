import DataModel
import Testing

@Suite("Manifest")
struct ManifestTests {
  private static let good = """
    {"id": "libvirt", "version": "1.0.0", "title": "Libvirt", "abi": {"built": 2, "min_host": 1},
     "actions": [
       {"name": "server.create", "kind": "action", "repeat": "idempotent", "title": "Create a server",
        "parameters": {"properties": {"name": {"type": "string"}}, "type": "object"}, "result": {},
        "deadline_ms": 5, "cleanup_ms": 6, "grace_ms": 7},
       {"name": "server.delete"}],
     "records": ["server"], "secrets": ["token"]}
    """

  @Test("everything is read, and what is not said has its default")
  func reads() throws {
    let manifest = try Manifest(text: Self.good)
    #expect(manifest.id == "libvirt" && manifest.version == "1.0.0" && manifest.title == "Libvirt")
    #expect(manifest.abi == ABIRange(built: 2, minimumHost: 1))
    #expect(manifest.records == ["server"] && manifest.secrets == ["token"])
    let create = try #require(manifest.action(named: "server.create"))
    #expect(create.repeatRule == .idempotent && create.parameters.properties["name"] != nil)
    #expect(
      [create.deadlineMilliseconds, create.cleanupMilliseconds, create.graceMilliseconds] == [5, 6, 7])
    let delete = try #require(manifest.action(named: "server.delete"))
    #expect(delete.repeatRule == .never && delete.title == "server.delete")
    #expect(
      [delete.deadlineMilliseconds, delete.cleanupMilliseconds, delete.graceMilliseconds] == [
        0, 60_000, 30_000,
      ])
    #expect(delete.parameters.check(.object(["x": .int(1)])).problems.count == 1, "it takes none")
    #expect(delete.result.check(.array([])).problems.isEmpty, "any result")
  }

  @Test(
    "what is wrong is named with its place",
    arguments: [
      ("\"id\": \"libvirt\", ", "", "id: is missing"),
      ("\"libvirt\"", "\"Lib virt\"", "id: \"Lib virt\" has to begin with a lower-case letter"),
      ("\"libvirt\"", "7", "id: expected text, found an integer"),
      ("\"1.0.0\"", "\"\"", "version: is empty"),
      ("\"1.0.0\"", "\"1 0\"", "version: has to be printable ASCII without spaces"),
      (
        "\"title\": \"Libvirt\"", "\"titel\": \"L\"",
        "titel: this host does not know \"titel\"; did you mean \"title\"?"
      ),
      (
        "\"title\": \"Libvirt\"", "\"id\": \"x\"",
        "it is not JSON: line 1, column 39: the member \"id\" is given twice"
      ),
      ("\"abi\": {\"built\": 2, \"min_host\": 1},", "", "abi: is missing; write"),
      ("\"built\": 2", "\"built\": \"2\"", "abi.built: expected an integer, found text"),
      ("\"min_host\": 1", "\"min_host\": 3", "abi.min_host: 3 is newer than \"built\", which is 2"),
      ("\"server.delete\"", "\"server.create\"", "actions[1].name: \"server.create\" is given twice"),
      ("\"server.delete\"", "\"Delete\"", "actions[1].name: \"Delete\" has to begin with"),
      (
        "\"kind\": \"action\"", "\"kind\": \"webhook\"",
        "actions[0].kind: this host does not have the kind \"webhook\" yet"
      ),
      ("\"idempotent\"", "\"twice\"", "actions[0].repeat: expected \"never\", \"steps\" or \"idempotent\""),
      (
        "\"idempotent\"", "\"always\"",
        "actions[0].repeat: expected \"never\", \"steps\" or \"idempotent\", found \"always\""
      ),
      ("\"repeat\"", "\"retries\"", "actions[0].retries: this host does not know \"retries\""),
      ("\"deadline_ms\": 5", "\"deadline_ms\": -1", "actions[0].deadline_ms: has to be from 0 to"),
      (
        "\"deadline_ms\": 5", "\"deadline_ms\": 9000000000000000000",
        "actions[0].deadline_ms: has to be from 0 to"
      ),
      (
        "\"type\": \"string\"", "\"type\": \"strnig\"",
        "actions[0].parameters.properties.name.type: there is no type \"strnig\"; did you mean \"string\"?"
      ),
      ("\"type\": \"object\"", "\"type\": \"array\"", "actions[0].parameters.properties: goes with"),
      ("\"result\": {}", "\"result\": 5", "actions[0].result: expected an object, found an integer"),
      ("[\"server\"]", "[{}]", "records[0]: expected a name, found an object"),
      ("[\"token\"]", "[\"a\", \"a\"]", "secrets[1]: \"a\" is given twice"),
    ])
  func wrong(old: String, new: String, message: String) throws {
    let text = Self.good.replacing(old, with: new, maxReplacements: 1)
    try #require(text != Self.good)
    let error = #expect(throws: ManifestError.self) { try Manifest(text: text) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test("lists without actions, other values and huge texts are refused")
  func shapes() {
    let none = Self.error(#"{"id":"a","version":"1","abi":{"built":1},"actions":[]}"#)
    #expect(none?.description == "actions: has to list one action at least")
    #expect(Self.error("[]")?.description == "expected an object, found a list")
    #expect(Self.error("id: x")?.message.hasPrefix("it is not JSON: line 1, column 1") == true)
    let huge = Self.error(String(repeating: " ", count: Manifest.sizeLimit + 1))
    #expect(huge?.message.contains("more than the limit") == true)
  }

  private static func error(_ text: String) -> ManifestError? {
    #expect(throws: ManifestError.self) { try Manifest(text: text) }
  }

  @Test("a name that is nearly right is recognised, one that is not gets the list")
  func nearest() {
    #expect(EditDistance.nearest(to: "memroy", among: ["memory", "cpus"]) == "memory")
    #expect(EditDistance.nearest(to: "x", among: ["memory", "cpus"]) == nil)
    #expect(EditDistance.nearest(to: "mem", among: ["memory_mib", "cpus"]) == "memory_mib")
    #expect(EditDistance.hint(for: "x", among: ["b", "aa"]) == "; known are aa, b")
    #expect(EditDistance.hint(for: "x", among: []) == "")
  }
}
