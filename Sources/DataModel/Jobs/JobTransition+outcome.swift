extension JobTransition {
  /// The outcome of what an entry returned. A stop's code counts only when that stop had been raised: returned
  /// unasked it is the plug-in's mistake, as is a number that the ABI does not have.
  package static func judge(_ end: RunEnd, cancelRequested: Bool) -> (Outcome, message: String) {
    let cancelled = cancelRequested || end.stopBits & StopBits.cancel != 0
    let late = end.stopBits & StopBits.deadline != 0
    switch end.code {
    case ReturnCode.ok: return (.succeeded, end.message)
    case ReturnCode.warning: return (.warning, end.message)
    case ReturnCode.parked:
      return (.failed, join("bug: returned BH_PARKED, which needs a `resume` action", end.message))
    case ReturnCode.lowest ... -1 where cancelled:
      return (.cancelled, end.message)
    case ReturnCode.lowest ... -1 where late:
      return (.timedOut, end.message.isEmpty ? "its deadline passed" : end.message)
    case ReturnCode.cancelled:
      return (.failed, join("bug: returned BH_CANCELLED, but nobody had asked it to stop", end.message))
    case ReturnCode.deadline:
      return (.failed, join("bug: returned BH_DEADLINE, but its deadline had not passed", end.message))
    case ReturnCode.lowest ... -1:
      let name = ReturnCode.name(end.code) ?? "error"
      return (.failed, end.message.isEmpty ? "failed with \(name), without saying why" : end.message)
    default:
      return (.failed, join("bug: returned \(end.code), which is no code of the ABI", end.message))
    }
  }

  private static func join(_ first: String, _ second: String) -> String {
    second.isEmpty ? first : first + "\n" + second
  }
}
