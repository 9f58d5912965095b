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

  /// Less than a worker needs for itself would only make one die after the other.
  private static let leastMemory: Int64 = 64 << 20
  private static let leastTasks = 32

  static let all = [
    LimitSetting(
      name: "memory", values: "a size from 64MiB, such as 2GiB, or none",
      help: "Memory of the worker and all that it starts.",
      example: "none",
      take: { text, limits in
        guard let bytes = SettingText.bytes(text), bytes == 0 || bytes >= leastMemory else { return false }
        limits.memoryBytes = bytes
        return true
      }, show: { SettingText.bytesText($0.memoryBytes) }),
    LimitSetting(
      name: "processors", values: "a number from 0.05, such as 1.5, or none",
      help: "Processors' worth of time.",
      example: "none",
      take: { text, limits in
        let number = text == "none" ? 0 : Double(text)
        guard let number, number == 0 || (0.05...100_000).contains(number) else { return false }
        limits.processors = number
        return true
      }, show: { $0.processors == 0 ? "none" : "\($0.processors)" }),
    LimitSetting(
      name: "tasks", values: "a number of processes and threads from 32, or none",
      help: "Processes and threads of the worker.",
      example: "none",
      take: { text, limits in
        let number = text == "none" ? 0 : Int(text)
        guard let number, number == 0 || (leastTasks...4_194_304).contains(number) else { return false }
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
