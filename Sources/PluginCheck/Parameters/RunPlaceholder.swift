/// What may stand in a given parameter for something that is new in each run: `{run}`, a number, and `{tmp}`, an empty
/// folder. They are put in twice: once with a stand-in, so that the parameters can be checked, and in each run.
package enum RunPlaceholder {
  /// Stands for the number; the runs count on from here. Long enough not to be met by chance.
  private static let firstNumber = 731_001
  private static let lastNumber = 999_999

  /// With the stand-ins.
  package static func expand(_ text: String) -> String {
    guard text.contains("{") else { return text }
    return text.replacing("{run}", with: String(firstNumber))
      .replacing("{tmp}", with: ScratchFolder.template + ScratchFolder.newFolder)
  }

  /// The parameters of one run.
  static func fill(_ parameters: String, run: Int, scratch: ScratchFolder) -> String {
    let number = firstNumber + run % (lastNumber - firstNumber)
    return parameters.replacing(ScratchFolder.template, with: scratch.path)
      .replacing(String(firstNumber), with: String(number))
  }
}
