/// Levenshtein's distance, for "did you mean".
package enum EditDistance {
  /// Steps from one name to the other; `Int.max` when one is longer than 200 bytes.
  package static func between(_ left: String, _ right: String) -> Int {
    let a = Array(left.utf8)
    let b = Array(right.utf8)
    guard a.count <= 200, b.count <= 200 else { return Int.max }
    var row = Array(0...b.count)
    for i in 0..<a.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<b.count {
        let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }

  /// The known name that was probably meant: few letters away, or one that goes on as the typed one begins.
  /// Nil when none is near. Ties go to the first in the alphabet.
  package static func nearest(to name: String, among known: some Sequence<String>) -> String? {
    let ranked = known.map { (distance: between($0, name), name: $0) }
    guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    if best.distance <= min(3, name.utf8.count / 2) { return best.name }
    guard name.utf8.count >= 3 else { return nil }
    return ranked.map(\.name).filter { $0.hasPrefix(name) }.min()
  }

  /// `; did you mean "x"?`, or the list of what is known when it is short, or nothing.
  package static func hint(for name: String, among known: some Collection<String>) -> String {
    if let near = nearest(to: name, among: known) { return "; did you mean \"\(near)\"?" }
    guard !known.isEmpty, known.count <= 12 else { return "" }
    return "; known are \(known.sorted().joined(separator: ", "))"
  }
}
