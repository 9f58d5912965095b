import Supervision

/// One limit of a worker, for the shared one and for those of plug-ins alike.
struct LimitSetting: Sendable {
  let name: String
  let values: String
  let help: String
  let example: String
  /// False when the text is none of its values.
  let take: @Sendable (String, inout WorkerLimits) -> Bool
  let show: @Sendable (WorkerLimits) -> String

  static let all = [
    LimitSetting(
      name: "memory", values: "a size such as 2GiB, or none",
      help: "Memory of the worker and all that it starts.",
      example: "none",
      take: { text, limits in
        guard let bytes = SettingText.bytes(text) else { return false }
        limits.memoryBytes = bytes
        return true
      }, show: { SettingText.bytesText($0.memoryBytes) }),
    LimitSetting(
      name: "processors", values: "a number such as 1.5, or none", help: "Processors' worth of time.",
      example: "none",
      take: { text, limits in
        let number = text == "none" ? 0 : Double(text)
        guard let number, number >= 0, number <= 100_000 else { return false }
        limits.processors = number
        return true
      }, show: { $0.processors == 0 ? "none" : "\($0.processors)" }),
    LimitSetting(
      name: "tasks", values: "a number of processes and threads, or none",
      help: "Processes and threads of the worker.",
      example: "none",
      take: { text, limits in
        let number = text == "none" ? 0 : Int(text)
        guard let number, (0...4_194_304).contains(number) else { return false }
        limits.tasks = number
        return true
      }, show: { $0.tasks == 0 ? "none" : String($0.tasks) }),
    LimitSetting(
      name: "user", values: "a user's name; only root can say it", help: "The user that the worker runs as.",
      example: "none",
      take: { text, limits in
        let name = text == "none" ? "" : text
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x3A }) else {
          return false
        }
        limits.user = name
        return true
      }, show: { $0.user.isEmpty ? "none" : $0.user }),
  ]
}
