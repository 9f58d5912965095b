import ArgumentParser
import DataModel

/// A job's number on the command line.
enum JobArgument {
  static let help = ArgumentHelp("The job's number, as `submit` printed it.", valueName: "id")

  /// Whole numbers above 0; anything else is wrong use.
  static func parse(_ text: String) throws -> JobID {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), number > 0 else {
      throw ValidationError(problem(text))
    }
    return JobID(number)
  }

  static func problem(_ text: String) -> String {
    "\"\(SafeText.escape(text))\" is no job id: a job id is a whole number above 0, such as 17"
  }
}

/// A length of time on the command line.
enum DurationArgument {
  /// In milliseconds; 0 for `none`.
  static func parse(_ text: String) throws -> Int64 {
    if let milliseconds = DurationText.milliseconds(text) { return milliseconds }
    let cure =
      Int64(text) == nil
      ? "write 250ms, 30s, 5m, 1h30m or none" : "it needs a unit: write \(text)ms or \(text)s"
    throw ValidationError("\"\(SafeText.escape(text))\" is no duration: \(cure)")
  }
}
