internal import CBulkheadPlugin

/// A code of the ABI, as `BH_NOT_FOUND` and its like in `bulkhead.h`.
public struct Code: RawRepresentable, Sendable, Hashable {
  public let rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let cancelled = Code(rawValue: BH_CANCELLED)
  public static let deadline = Code(rawValue: BH_DEADLINE)
  public static let memory = Code(rawValue: BH_MEMORY)
  public static let invalid = Code(rawValue: BH_INVALID)
  public static let notFound = Code(rawValue: BH_NOT_FOUND)
  public static let conflict = Code(rawValue: BH_CONFLICT)
  public static let denied = Code(rawValue: BH_DENIED)
  public static let io = Code(rawValue: BH_IO)
  public static let remote = Code(rawValue: BH_REMOTE)
  public static let unsupported = Code(rawValue: BH_UNSUPPORTED)
  public static let bug = Code(rawValue: BH_BUG)
  public static let fenced = Code(rawValue: BH_FENCED)
  public static let stale = Code(rawValue: BH_STALE)
  public static let again = Code(rawValue: BH_AGAIN)
  public static let unknown = Code(rawValue: BH_UNKNOWN)

  var isStop: Bool { self == .cancelled || self == .deadline || self == .fenced || self == .unknown }

  /// What it stands for, for texts.
  var meaning: String {
    let names = [
      "cancelled", "deadline", "out of memory", "invalid", "not found", "conflict", "denied",
      "input or output failed", "the other side failed", "unsupported by this host", "bug",
      "the job was lost",
      "stale", "try again later", "nobody knows whether it was done",
    ]
    let index = -Int(rawValue) - 1
    return names.indices.contains(index) ? names[index] : "code \(rawValue)"
  }
}

/// An error that knows with which code its job is to fail.
public protocol CodedError: Error, CustomStringConvertible {
  var code: Code { get }
}

/// Why a run fails: a code and a text for people.
public struct Failure: CodedError, Sendable {
  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

/// The run has to end now: cancelled, past its deadline, no longer the owner of its job, or nobody can tell what came of
/// a step. Let it pass. Whoever
/// catches it gets it again at the next cancel point.
public struct Stopped: Error, Sendable {
  public let code: Code
}

/// Throws for a negative code. `what` becomes the text: "cannot WHAT: not found".
@discardableResult
func check(_ code: Int32, _ what: @autoclosure () -> String) throws -> Int32 {
  if code >= 0 { return code }
  let code = Code(rawValue: code)
  if code.isStop { throw Stopped(code: code) }
  throw Failure(code, "cannot \(what()): \(code.meaning)")
}

/// The table of an extension, or a failure where this host has none.
func need<Table>(_ table: UnsafePointer<Table>?, _ id: String) throws(Failure) -> Table {
  guard let table else { throw Failure(.unsupported, "this host has no \(id)") }
  return table.pointee
}

extension String {
  /// The text as the C tables take it, for the time of the call.
  func withStr<R>(_ body: (bh_str) throws -> R) rethrows -> R {
    var text = self
    return try text.withUTF8 { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { chars in
        try body(bh_str(ptr: chars.baseAddress, len: UInt64(chars.count)))
      }
    }
  }

  /// A copy of a text of the host.
  init(_ text: bh_str) {
    let bytes = UnsafeRawBufferPointer(start: text.ptr, count: text.ptr == nil ? 0 : Int(text.len))
    self.init(decoding: bytes, as: UTF8.self)
  }
}
