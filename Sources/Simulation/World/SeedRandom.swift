import DataModel

/// The one source of chance of a simulated world: with draws of its own, so that a seed means the same on
/// every machine and with every version of Swift.
package struct SeedRandom: Sendable {
  private var generator: SplitMix64

  package init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  package mutating func next() -> UInt64 { generator.next() }

  /// 0 ..< limit.
  package mutating func below(_ limit: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(max(limit, 1))).high)
  }

  package mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

  /// Milliseconds between two times.
  package mutating func time(_ low: Int64, _ high: Int64) -> Int64 { Int64(between(Int(low), Int(high))) }

  /// True so often in a thousand draws.
  package mutating func chance(_ permille: Int) -> Bool { permille > 0 && below(1000) < permille }

  package mutating func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }
}
