/// The places of a crash, with what repeats told once: a deep recursion is sixty equal lines.
enum FoldedTrace {
  /// Functions that call each other in a ring of more are told one by one.
  private static let longestRing = 4

  static func lines(_ trace: [String]) -> [String] {
    var lines: [String] = []
    var rest = trace[...]
    while let first = rest.first {
      guard let (length, times) = ring(rest) else {
        lines.append(first)
        rest = rest.dropFirst()
        continue
      }
      lines += rest.prefix(length)
      lines.append("… \(length == 1 ? "it" : "these \(length),") \(times) times in all")
      rest = rest.dropFirst(length * times)
    }
    return lines
  }

  /// How many places at the front come again right behind themselves, and how often they stand there; nil when that is
  /// not worth a line.
  private static func ring(_ trace: ArraySlice<String>) -> (length: Int, times: Int)? {
    for length in 1...longestRing {
      let unit = Array(trace.prefix(length))
      guard unit.count == length else { return nil }
      var times = 1
      while Array(trace.dropFirst(length * times).prefix(length)) == unit { times += 1 }
      if times > 2 { return (length, times) }
    }
    return nil
  }
}
