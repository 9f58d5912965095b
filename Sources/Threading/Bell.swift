/// Something that one thread waits for and others ring: rings before the wait are not lost, many count as one.
package struct Bell: Sendable {
  private let condition = Condition(false)

  package init() {}

  package func ring() {
    condition.update { $0 = true }
  }

  /// Returns at once when it was rung since the last wait; false when the time passed first.
  @discardableResult
  package func wait(milliseconds: Int64?) -> Bool {
    condition.wait(milliseconds: milliseconds) { rung in
      guard rung else { return nil }
      rung = false
      return true
    } ?? false
  }
}
