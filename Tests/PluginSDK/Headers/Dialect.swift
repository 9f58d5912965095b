import Foundation
import TestSupport

/// A compiler and the language it takes a source for.
struct Dialect: Sendable, CustomStringConvertible {
  let compiler: String
  let standard: String

  var isCpp: Bool { standard.hasPrefix("c++") }
  var description: String { "\(compiler) \(standard)" }

  /// Compiler and options without mercy: any warning is an error.
  var arguments: [String] { arguments(headers: Sample.headers) }

  /// The same with other headers than ours.
  func arguments(headers: String) -> [String] {
    [
      compiler, "-x", isCpp ? "c++" : "c", "-std=" + standard, "-Wall", "-Wextra", "-pedantic", "-Werror",
      "-I", headers,
    ]
  }

  /// What the headers promise to compile as.
  static let all = ["gcc", "clang"].flatMap { compiler in
    ["c11", "c17", "c++17", "c++20"].map { Dialect(compiler: compiler, standard: $0) }
  }
}

/// The headers themselves, as they are included: `bulkhead/ext/log.h`.
enum Headers {
  static let names = (FileManager.default.subpaths(atPath: Sample.headers) ?? []).filter {
    $0.hasSuffix(".h")
  }
  .sorted()
}
