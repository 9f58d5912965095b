import DataModel
import Foundation
import JobEngine
import Storage
import Supervision

/// Becoming the program that our file holds now: same process, same children, same command line.
enum Restart {
  /// The file to become: as this process was called when that is an absolute path (a link may lead elsewhere now),
  /// else its own file.
  static var path: String {
    let called = CommandLine.arguments[0]
    return called.hasPrefix("/") ? called : CommandLine.executablePath
  }

  /// Asks the file for its version: a program that cannot say it must not take this one's place.
  static func version(of path: String) throws(StoreError) -> String {
    let version: String
    do {
      version = try ProgramFile.version(of: path, environment: ProcessInfo.processInfo.environment)
    } catch {
      throw refusal(path, error.description)
    }
    guard isVersion(version) else {
      throw refusal(path, "it says no version of bulkhead when asked for one")
    }
    return version
  }

  /// "1.20.3", with what may follow after a dash.
  static func isVersion(_ text: String) -> Bool {
    let numbers = text.split(separator: "-", maxSplits: 1).first?.split(
      separator: ".", omittingEmptySubsequences: false)
    return text.count < 40 && numbers?.count == 3
      && numbers?.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } } == true
  }

  private static func refusal(_ path: String, _ why: String) -> StoreError {
    StoreError(
      .invalid, "not restarted: \(path) cannot take over: \(why)",
      cure: "put a working bulkhead there and restart again; this one goes on serving")
  }

  /// Where the number of the listening socket stands for the program that comes after.
  private static let variable = "BULKHEAD_LISTENER"

  /// Returns only when it cannot be done, with the reason. The store is closed before; the socket goes along, so that
  /// whoever connects meanwhile waits and is not refused.
  static func become(_ path: String, listener: Int32?) -> String {
    if let listener { setenv(variable, String(listener), 1) }
    let reason = ProgramFile.become(path, CommandLine.arguments, kept: listener)
    unsetenv(variable)
    return reason
  }

  /// The listening socket that the program before this one handed over, nil when there was none. Once.
  static func takeListener() -> Int32? {
    defer { unsetenv(variable) }
    return ProcessInfo.processInfo.environment[variable].flatMap { Int32($0) }.flatMap { $0 > 2 ? $0 : nil }
  }
}
