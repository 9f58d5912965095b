import Foundation
import Testing

/// Figures to watch, never to fail on: a gate on them would only be gamed.
struct Trend: CustomStringConvertible {
  let medianFile: Int
  let medianFunction: Int
  /// Lines of code of the tests for each line of the sources.
  let testRatio: Double
  /// Share of the sources' lines that hold a comment.
  let commentShare: Double

  init(_ files: [SourceFile]) {
    let sources = files.filter { $0.isUnder("Sources") && ($0.isSwift || $0.isC) }
    let tests = files.filter { $0.isUnder("Tests") && ($0.isSwift || $0.isC) }
    medianFile = Self.median(sources.map(\.lines.count))
    medianFunction = Self.median(sources.flatMap { FunctionFinder.functions(in: $0) ?? [] }.map(\.length))
    let (code, comments) = Self.lines(sources)
    testRatio = code == 0 ? 0 : Double(Self.lines(tests).code) / Double(code)
    commentShare = code + comments == 0 ? 0 : Double(comments) / Double(code + comments)
  }

  var description: String {
    let ratio = testRatio.formatted(.number.precision(.fractionLength(2)))
    let share = commentShare.formatted(.percent.precision(.fractionLength(0)))
    return """
      Trend: median file \(medianFile) lines (aim 120), median function \(medianFunction) (aim 8), \
      test code to code \(ratio) (aim 1.0 to 1.5), comments \(share) (aim 20 to 25 %)
      """
  }

  /// Lines with code and lines with nothing but a comment.
  private static func lines(_ files: [SourceFile]) -> (code: Int, comments: Int) {
    files.reduce((0, 0)) { sum, file in
      let code = file.code.count { !$0.trimmed.isEmpty }
      let comments = file.commentLines.count { file.code[$0 - 1].trimmed.isEmpty }
      return (sum.0 + code, sum.1 + comments)
    }
  }

  private static func median(_ numbers: [Int]) -> Int {
    numbers.isEmpty ? 0 : numbers.sorted()[numbers.count / 2]
  }
}

@Suite("Trend")
struct TrendTests {
  @Test("the figures are printed")
  func printed() { print(Trend(Repository.files)) }

  @Test("the figures are right for a small tree")
  func figures() {
    let source = SourceFile(
      "Sources/A/A.swift", "/// One.\nfunc a() {\n  b()\n}\n\n// Two.\nlet c = \"x\"  // three\n")
    let test = SourceFile("Tests/A/A.swift", "// No code.\nlet a = 1\nlet b = 2\n")
    let trend = Trend([source, test])
    #expect(trend.medianFile == 7)
    #expect(trend.medianFunction == 3)
    #expect(trend.testRatio == 0.5)
    #expect(abs(trend.commentShare - 2.0 / 6.0) < 0.001)
  }
}
