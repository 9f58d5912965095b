import Testing

@testable import bulkhead

@Suite("The trace of a crash")
struct TraceTests {
  @Test("what repeats is told once, single places and rings of them")
  func folded() {
    #expect(FoldedTrace.lines([]) == [])
    #expect(FoldedTrace.lines(["a", "b", "b", "c"]) == ["a", "b", "b", "c"])
    let deep = ["a"] + Array(repeating: "b", count: 60) + ["c"]
    #expect(FoldedTrace.lines(deep) == ["a", "b", "… it 60 times in all", "c"])
    let ring = (0..<20).flatMap { _ in ["b", "c"] } + ["b", "d"]
    #expect(FoldedTrace.lines(ring) == ["b", "c", "… these 2, 20 times in all", "b", "d"])
  }
}
