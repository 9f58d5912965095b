package import DataModel

extension RunEnd {
  private static let messageBytes = 256 << 10
  private static let leftBehindBytes = 256 << 10
  private static let leftBehindLines = 1000

  /// The same with texts that are too long cut, so that one outcome always fits a message to the store: a plug-in can
  /// name more things that it left behind than any reader wants.
  package var fitting: RunEnd {
    var end = self
    end.message = Self.cut(message, to: Self.messageBytes)
    var bytes = 0
    let kept = leftBehind.prefix(Self.leftBehindLines).prefix { text in
      bytes += text.utf8.count
      return bytes <= Self.leftBehindBytes
    }
    if kept.count < leftBehind.count {
      var lines = Array(kept)
      // One text alone may be longer than all that there is room for.
      if lines.isEmpty, let first = leftBehind.first { lines = [Self.cut(first, to: Self.leftBehindBytes)] }
      if lines.count < leftBehind.count { lines.append("… and \(leftBehind.count - lines.count) more") }
      end.leftBehind = lines
    }
    return end
  }

  private static func cut(_ text: String, to bytes: Int) -> String {
    if text.utf8.count <= bytes { return text }
    // Whole characters only: a cut one would become a replacement mark.
    var end = text.utf8.index(text.startIndex, offsetBy: bytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]) + "…"
  }
}
