import DataModel
import Testing

@Suite("Manifest: reconcile entries")
struct ReconcileEntryTests {
  static let whole = #"""
    {"id": "acme", "version": "1", "abi": {"built": 1, "min_host": 1}, "actions": [
      {"name": "server.create", "kind": "action", "repeat": "steps"},
      {"name": "server.delete"},
      {"name": "server.look", "kind": "reconcile", "title": "Look", "reconciles": ["server.create", "server.delete"],
       "deadline_ms": 5000, "grace_ms": 7}]}
    """#

  @Test("entries stand apart from what can be submitted, and each action knows its own")
  func read() throws {
    let manifest = try Manifest(text: Self.whole)
    #expect(manifest.actions.map(\.name) == ["server.create", "server.delete"])
    #expect(manifest.actions[0].repeatRule == .steps)
    let entry = try #require(manifest.reconcile(of: "server.delete"))
    #expect(entry == manifest.reconcile(of: "server.create"))
    #expect(entry.name == "server.look" && entry.title == "Look" && entry.description == "")
    #expect(entry.deadlineMilliseconds == 5000 && entry.graceMilliseconds == 7)
    #expect(entry.cleanupMilliseconds == 60_000)
    #expect(manifest.reconcile(of: "server.look") == nil && manifest.action(named: "server.look") == nil)
    #expect(manifest.entryNames == ["server.create", "server.delete", "server.look"])
  }

  @Test("an entry without a deadline has a minute")
  func deadline() throws {
    let text = Self.whole.replacing("\"deadline_ms\": 5000, ", with: "")
    #expect(try Manifest(text: text).reconciles[0].deadlineMilliseconds == 60_000)
  }

  @Test(
    "what is wrong is named with its path",
    arguments: [
      (
        #""reconciles": ["server.create", "server.delete"]"#, #""reconciles": ["server.creat"]"#,
        "actions[2].reconciles[0]: there is no action \"server.creat\" in this manifest"
      ),
      (
        #""reconciles": ["server.create", "server.delete"]"#, #""reconciles": ["server.look"]"#,
        "actions[2].reconciles[0]: there is no action \"server.look\""
      ),
      (
        #""reconciles": ["server.create", "server.delete"]"#, #""reconciles": []"#,
        "actions[2].reconciles: has to list one action at least"
      ),
      (
        #""reconciles": ["server.create", "server.delete"]"#, #""reconciles": "server.create""#,
        "actions[2].reconciles: expected a list"
      ),
      (
        #""reconciles": ["server.create", "server.delete"]"#,
        #""reconciles": ["server.create", "server.create"]"#,
        "actions[2].reconciles[1]: \"server.create\" is given twice"
      ),
      (
        #""reconciles": ["server.create", "server.delete"],"#, "",
        "actions[2].reconciles: is missing; list the actions"
      ),
      (
        #""grace_ms": 7"#, #""repeat": "never""#,
        "actions[2].repeat: an entry of kind \"reconcile\" has none"
      ),
      (
        #""grace_ms": 7"#, #""parameters": {}"#,
        "actions[2].parameters: an entry of kind \"reconcile\" has none"
      ),
      (#""grace_ms": 7"#, #""result": {}"#, "actions[2].result: an entry of kind \"reconcile\" has none"),
      (#""grace_ms": 7"#, #""grace": 7"#, "actions[2].grace: this host does not know \"grace\""),
      (#""deadline_ms": 5000"#, #""deadline_ms": 0"#, "actions[2].deadline_ms: has to be from 1"),
      (
        #""name": "server.look""#, #""name": "server.create""#,
        "actions[2].name: \"server.create\" is given twice"
      ),
      (#""name": "server.look""#, #""name": "Look""#, "actions[2].name: \"Look\" has to begin with"),
      (
        #"{"name": "server.delete"}"#, #"{"name": "server.delete", "reconciles": ["server.create"]}"#,
        "actions[1].reconciles: this host does not know \"reconciles\""
      ),
      (
        #"{"name": "server.delete"}"#,
        #"{"name": "server.delete"}, {"name": "other.look", "kind": "reconcile", "reconciles": ["server.delete"]}"#,
        "actions[3].reconciles[1]: \"other.look\" speaks for the action \"server.delete\" already"
      ),
      (#""kind": "reconcile""#, #""kind": "reconciles""#, "it has \"action\" and \"reconcile\""),
    ])
  func wrong(_ old: String, _ new: String, _ complaint: String) {
    let text = Self.whole.replacing(old, with: new)
    #expect(text != Self.whole)
    let error = #expect(throws: ManifestError.self) { try Manifest(text: text) }
    #expect(error?.description.contains(complaint) == true, "\(error?.description ?? "taken")")
  }

  @Test("a manifest of reconcile entries alone has nothing to submit")
  func alone() {
    let text = #"""
      {"id": "acme", "version": "1", "abi": {"built": 1}, "actions": [
        {"name": "look", "kind": "reconcile", "reconciles": ["look"]}]}
      """#
    let error = #expect(throws: ManifestError.self) { try Manifest(text: text) }
    #expect(error?.message.contains("one entry of kind \"action\"") == true)
  }
}
