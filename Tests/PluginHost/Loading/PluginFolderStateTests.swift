import DataModel
import PluginHost
import Testing

@Suite("What a watch concludes")
struct PluginFolderStateTests {
  private var state = PluginFolderState()

  private static func signature(_ size: Int64, at time: Int64 = 1) -> FileSignature {
    FileSignature(device: 1, inode: 1, size: size, modifiedNanoseconds: time, changedNanoseconds: time)
  }

  private static func accepted(_ id: String, _ hash: String = "h") throws -> PluginVerdict {
    let text = #"{"id":"\#(id)","version":"1","abi":{"built":1},"actions":[{"name":"a"}]}"#
    return .accepted(
      AcceptedPlugin(manifest: try Manifest(text: text), manifestText: text, sha256: hash, imagePath: "/i"))
  }

  private static func refused(_ name: String, isIncomplete: Bool = false) -> PluginVerdict {
    .refused(PluginRefusal(file: name, Objection("it is wrong", cure: "mend it", isIncomplete: isIncomplete)))
  }

  private func files(_ outcomes: [PluginFileOutcome]?) -> [String]? {
    outcomes?.map { outcome in
      switch outcome {
      case .accepted: "+" + outcome.file
      case .refused: "!" + outcome.file
      case .removed: "-" + outcome.file
      }
    }
  }

  @Test("the first answer comes when all that was there is judged, even when nothing was")
  mutating func first() throws {
    #expect(state.changes() == nil, "nobody has looked yet")
    let listing = ["a.so": Self.signature(1), "b.so": Self.signature(2)]
    #expect(state.look(listing, now: 0) == ["a.so", "b.so"], "no wait at the start")
    state.judged("a.so", Self.signature(1), try Self.accepted("a"), now: 5)
    #expect(state.changes() == nil)
    state.judged("b.so", Self.signature(2), Self.refused("b.so"), now: 5)
    #expect(files(state.changes()) == ["!b.so", "+a.so"])
    #expect(files(state.changes()) == [])

    var empty = PluginFolderState()
    #expect(empty.look(nil, now: 0) == [])
    #expect(empty.changes() == [])
  }

  @Test("a plug-in that hangs holds up the first answer for a second, not longer")
  mutating func lateFirst() throws {
    _ = state.look(["a.so": Self.signature(1), "hangs.so": Self.signature(2)], now: 50)
    state.judged("a.so", Self.signature(1), try Self.accepted("a"), now: 60)
    #expect(state.changes(now: 1049) == nil)
    #expect(files(state.changes(now: 1050)) == ["+a.so"])
    state.judged("hangs.so", Self.signature(2), Self.refused("hangs.so"), now: 10_000)
    #expect(files(state.changes(now: 10_000)) == ["!hangs.so"])
  }

  @Test("a copy that comes later does not displace the file that is in use")
  mutating func laterCopy() throws {
    _ = state.look(["b.so": Self.signature(1)], now: 0)
    state.judged("b.so", Self.signature(1), try Self.accepted("web"), now: 0)
    #expect(files(state.changes()) == ["+b.so"])
    _ = state.look(["a.so": Self.signature(1), "b.so": Self.signature(1)], completed: ["a.so"], now: 10)
    state.judged("a.so", Self.signature(1), try Self.accepted("web"), now: 10)
    #expect(files(state.changes()) == ["!a.so"])
  }

  @Test("a new file is taken when it was left alone for 150 ms, or when its writer closed it")
  mutating func settle() throws {
    _ = state.look([:], now: 0)
    #expect(state.look(["a.so": Self.signature(1)], now: 100) == [])
    #expect(state.waitMilliseconds(now: 100) == 150)
    #expect(state.look(["a.so": Self.signature(2)], now: 240) == [], "it grew")
    #expect(state.look(["a.so": Self.signature(2)], now: 389) == [])
    #expect(state.look(["a.so": Self.signature(2)], now: 390) == ["a.so"])
    #expect(state.waitMilliseconds(now: 390) == nil, "it is being judged")
    #expect(state.look(["b.so": Self.signature(1)], completed: ["b.so"], now: 400) == ["b.so"])
  }

  @Test("a verdict on a file that changed meanwhile counts for nothing")
  mutating func changedMeanwhile() throws {
    _ = state.look([:], now: 0)
    _ = state.changes()
    #expect(state.look(["a.so": Self.signature(1)], completed: ["a.so"], now: 0) == ["a.so"])
    #expect(state.look(["a.so": Self.signature(2)], now: 10) == [], "one judge at a time")
    state.judged("a.so", Self.signature(1), try Self.accepted("a"), now: 20)
    #expect(state.changes() == [])
    #expect(state.look(["a.so": Self.signature(2)], now: 170) == ["a.so"])
    state.judged("a.so", Self.signature(2), .unsettled, now: 180)
    #expect(state.changes() == [])
    #expect(state.look(["a.so": Self.signature(2)], now: 330) == ["a.so"])
    state.judged("a.so", Self.signature(2), try Self.accepted("a"), now: 340)
    #expect(files(state.changes()) == ["+a.so"])
  }

  @Test("a write that leaves the same signature is looked at again when its writer closes")
  mutating func sameSignature() throws {
    _ = state.look(["a.so": Self.signature(1)], now: 0)
    #expect(state.look(["a.so": Self.signature(1)], completed: ["a.so"], now: 5) == [])
    state.judged("a.so", Self.signature(1), try Self.accepted("a", "1"), now: 10)
    #expect(files(state.changes()) == ["+a.so"])
    #expect(state.look(["a.so": Self.signature(1)], now: 20) == ["a.so"])
    state.judged("a.so", Self.signature(1), try Self.accepted("a", "2"), now: 30)
    #expect(files(state.changes()) == ["+a.so"], "the new content")
    #expect(state.look(["a.so": Self.signature(1)], now: 1000) == [])
  }

  @Test("a file that seems cut off gets two seconds while its writer is at work, none when he is done")
  mutating func patience() throws {
    _ = state.look([:], now: 0)
    _ = state.changes()
    _ = state.look(["a.so": Self.signature(1)], now: 0)
    var now: Int64 = 150
    while now < 2000 {
      #expect(state.look(["a.so": Self.signature(1)], now: now) == ["a.so"])
      state.judged("a.so", Self.signature(1), Self.refused("a.so", isIncomplete: true), now: now)
      #expect(state.changes() == [])
      now += 150
    }
    now = 2100
    _ = state.look(["a.so": Self.signature(1)], now: now)
    state.judged("a.so", Self.signature(1), Self.refused("a.so", isIncomplete: true), now: now)
    #expect(files(state.changes()) == ["!a.so"])
    _ = state.look(["a.so": Self.signature(1), "b.so": Self.signature(1)], completed: ["b.so"], now: 3000)
    state.judged("b.so", Self.signature(1), Self.refused("b.so", isIncomplete: true), now: 3000)
    #expect(files(state.changes()) == ["!b.so"])
  }

  @Test("what went is told once, also when it went while it was judged")
  mutating func removed() throws {
    _ = state.look(["a.so": Self.signature(1)], now: 0)
    state.judged("a.so", Self.signature(1), try Self.accepted("a"), now: 0)
    _ = state.changes()
    _ = state.look(["a.so": Self.signature(2)], completed: ["a.so"], now: 10)
    _ = state.look(nil, now: 15)
    #expect(files(state.changes()) == [], "a folder that is gone removes nothing")
    _ = state.look([:], now: 20)
    #expect(files(state.changes()) == ["-a.so"])
    state.judged("a.so", Self.signature(2), try Self.accepted("a"), now: 30)
    #expect(files(state.changes()) == [])
  }

  @Test("one plug-in id in two files with different bytes: none is used, and each names the other")
  mutating func twoFiles() throws {
    _ = state.look(["a.so": Self.signature(1)], now: 0)
    state.judged("a.so", Self.signature(1), try Self.accepted("web", "1"), now: 0)
    #expect(files(state.changes()) == ["+a.so"])
    _ = state.look(["a.so": Self.signature(1), "b.so": Self.signature(1)], completed: ["b.so"], now: 10)
    state.judged("b.so", Self.signature(1), try Self.accepted("web", "2"), now: 20)
    let changes = state.changes() ?? []
    #expect(files(changes) == ["!a.so", "!b.so"])
    let messages = changes.map { if case .refused(_, let refusal) = $0 { refusal.message } else { "" } }
    #expect(
      messages[0]
        == "a.so: it is the plug-in \"web\", and so is b.so with other bytes; none of them is used; keep one of a.so, b.so"
    )
    _ = state.look(["b.so": Self.signature(1)], now: 30)
    #expect(files(state.changes()) == ["-a.so", "+b.so"], "one after the other is a new version")
  }

  @Test("the same bytes twice: the first name is used, and the other says so")
  mutating func copies() throws {
    _ = state.look(["a.so": Self.signature(1), "b.so": Self.signature(1)], now: 0)
    for name in ["b.so", "a.so"] { state.judged(name, Self.signature(1), try Self.accepted("web"), now: 0) }
    let changes = state.changes() ?? []
    #expect(files(changes) == ["!b.so", "+a.so"])
    guard case .refused(_, let refusal) = changes[0] else { return }
    #expect(refusal.message == "b.so: it has the same bytes as a.so, which is used; remove b.so")
    #expect(refusal.sha256 == "h" && refusal.pluginID == "web")
  }

  @Test(
    "what is revoked is refused at once: while its folder is gone, and while its file is never left alone")
  mutating func revoked() throws {
    let wrong = Objection("its content was revoked", cure: "drop another")
    _ = state.look(["a.so": Self.signature(1)], now: 0)
    state.judged("a.so", Self.signature(1), try Self.accepted("a", "bad"), now: 0)
    #expect(files(state.changes()) == ["+a.so"])
    _ = state.look(nil, now: 10)
    let changes = state.changes { $0 == "bad" ? wrong : nil } ?? []
    #expect(files(changes) == ["!a.so"])
    guard case .refused(_, let refusal)? = changes.first else { return }
    #expect(refusal.objection == wrong && refusal.sha256 == "bad" && refusal.pluginID == "a")
    #expect(files(state.changes { $0 == "bad" ? wrong : nil }) == [])
    #expect(files(state.changes()) == ["+a.so"], "taken back")

    // Written to again and again: it is not judged, and what was said of it would stand.
    #expect(state.look(["a.so": Self.signature(1, at: 20)], now: 20) == [])
    #expect(files(state.changes { $0 == "bad" ? wrong : nil }) == ["!a.so"])
  }

  @Test("everything is judged again when the circumstances change, and keeps its verdict until then")
  mutating func circumstances() throws {
    let listing = ["a.so": Self.signature(1)]
    _ = state.look(listing, circumstances: "1", now: 0)
    state.judged("a.so", Self.signature(1), Self.refused("a.so"), now: 0)
    _ = state.changes()
    #expect(state.look(listing, circumstances: "1", now: 1000) == [])
    #expect(state.look(listing, circumstances: "2", now: 2000) == ["a.so"])
    #expect(state.changes() == [])
    state.judged("a.so", Self.signature(1), try Self.accepted("a"), now: 2010)
    #expect(files(state.changes()) == ["+a.so"])
  }
}
