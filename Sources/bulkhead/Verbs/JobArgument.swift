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

/// A length of time on the command line, in milliseconds.
struct DurationArgument: ExpressibleByArgument {
  let milliseconds: Int64

  init?(argument: String) {
    guard let value = DurationText.milliseconds(argument) else { return nil }
    milliseconds = value
  }
}
