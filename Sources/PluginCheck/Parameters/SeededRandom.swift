import DataModel

/// The same seed gives the same numbers on every machine.
struct SeededRandom: RandomNumberGenerator {
  private var generator: SplitMix64

  /// `purpose` keeps the numbers of one use apart from those of another.
  init(seed: UInt64, purpose: String) {
    generator = SplitMix64(
      seed: purpose.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
  }

  mutating func next() -> UInt64 { generator.next() }

  /// The numbers 1 to `total`: all of them when they are few, else the first, the last and some between.
  mutating func numbers(upTo total: Int, all: Int, some: Int) -> [Int] {
    if total <= all { return total < 1 ? [] : Array(1...total) }
    var picked: Set<Int> = [1, 2, 3, total]
    while picked.count < min(some, total) {
      // As many small ones as large ones: beginnings differ more from each other than ends.
      let isSmall = Bool.random(using: &self)
      picked.insert(Int.random(in: 1...(isSmall ? min(total, 1000) : total), using: &self))
    }
    return picked.sorted()
  }
}
