import Glibc

/// One call to the disk that is to fail.
package struct DiskFault: Sendable, Equatable {
  package enum Operation: String, Sendable, CaseIterable { case write, sync, truncate }

  package enum Failure: String, Sendable, CaseIterable {
    /// No space is left; nothing of the write is there.
    case full
    /// No space is left; half of the write is there.
    case short
    /// The disk reports an error; what it has kept is not known.
    case error
    /// The process is killed right before the call.
    case kill
  }

  package var operation: Operation
  /// Which call of that kind: 1 is the next.
  package var number: Int
  package var failure: Failure
  /// All calls of that kind from there on.
  package var lasts: Bool

  package init(_ operation: Operation, _ number: Int, _ failure: Failure, lasts: Bool = false) {
    self.operation = operation
    self.number = number
    self.failure = failure
    self.lasts = lasts
  }

  /// Those that `BULKHEAD_FAULT` arms, as `disk.write:17=full` or, from there on, `disk.write:17+=full`. Items that
  /// are not about the disk are others'.
  package static func parse(_ text: String) -> [DiskFault] {
    text.split(separator: ",").compactMap { item in
      let sides = item.split(separator: "=", maxSplits: 1)
      let parts = sides[0].split(separator: ":", maxSplits: 1)
      guard sides.count == 2, parts.count == 2, parts[0].hasPrefix("disk."),
        let operation = Operation(rawValue: String(parts[0].dropFirst(5))),
        let failure = Failure(rawValue: String(sides[1]))
      else { return nil }
      let lasts = parts[1].hasSuffix("+")
      guard let number = Int(lasts ? parts[1].dropLast() : parts[1]), number > 0 else { return nil }
      return DiskFault(operation, number, failure, lasts: lasts)
    }
  }

  static var ofEnvironment: [DiskFault] {
    getenv("BULKHEAD_FAULT").map { parse(String(cString: $0)) } ?? []
  }
}
