import ArgumentParser
import Supervision

/// Which workers `serve` runs and what holds them, on the command line.
struct ServeWorkerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Run a plug-in in a worker of its own (PLUGIN=own) or in the worker of a group. Repeat it for each plug-in.",
      valueName: "plugin=group"))
  var workerOf: [String] = []

  @Option(
    help: ArgumentHelp(
      "Clean runs after which a version never seen before leaves its worker of its own. 0: no probation.",
      valueName: "runs"))
  var probation: Int?

  @Option(
    help: ArgumentHelp(
      "Limits of the shared worker: memory=BYTES, processors=N, tasks=N, user=NAME, separated by commas.",
      valueName: "limits"))
  var limits: String?

  @Option(
    help: ArgumentHelp(
      "Limits of the worker of one plug-in that has --worker-of: PLUGIN:memory=512M,processors=1.5. Repeat it.",
      valueName: "plugin:limits"))
  var limitsOf: [String] = []

  @Option(
    help: ArgumentHelp(
      "End workers, also with jobs, that have been without an engine for so long: 90s, 10m, 2h. 0: never.",
      valueName: "time"))
  var awayLimit: String?

  func validate() throws { try texts.validate() }

  var texts: WorkerTexts {
    WorkerTexts(
      workerOf: workerOf, probation: probation, limits: limits, limitsOf: limitsOf, awayLimit: awayLimit)
  }
}

/// What was said of workers in words, and what it means.
struct WorkerTexts: Sendable {
  var workerOf: [String] = []
  var probation: Int?
  var limits: String?
  var limitsOf: [String] = []
  var awayLimit: String?

  /// Throws what is wrong, named as the option that it came by.
  func validate() throws { _ = try applied(to: PluginsConfiguration(), WorkerLimits()) }

  /// Puts what was given over what the configuration says.
  func apply(to configuration: inout EngineConfiguration) throws {
    (configuration.plugins, configuration.limits) = try applied(
      to: configuration.plugins, configuration.limits)
    if let awayLimit { configuration.awayLimitSeconds = try Self.seconds(awayLimit) }
  }

  private func applied(
    to plugins: PluginsConfiguration, _ shared: WorkerLimits
  ) throws -> (PluginsConfiguration, WorkerLimits) {
    var (plugins, shared) = (plugins, shared)
    for text in workerOf {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, Self.isName(parts[0]), Self.isName(parts[1]) else {
        throw ValidationError(
          "--worker-of wants PLUGIN=GROUP of letters, digits, '.', '_' and '-', not \"\(text)\": "
            + "--worker-of libvirt=own")
      }
      plugins.workers[parts[0]] = PluginWorker(
        group: parts[1], limits: plugins.workers[parts[0]]?.limits ?? WorkerLimits())
    }
    if let probation {
      guard (0...1_000_000).contains(probation) else {
        throw ValidationError("--probation has to be between 0 and 1000000, not \(probation).")
      }
      plugins.probationRuns = probation
    }
    if let limits { shared = try Self.limits(limits, over: shared, option: "--limits") }
    for text in limitsOf {
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, let worker = plugins.workers[parts[0]] else {
        throw ValidationError(
          "--limits-of \"\(text)\": give it as PLUGIN:LIMITS, and give the plug-in a worker with --worker-of")
      }
      plugins.workers[parts[0]]?.limits = try Self.limits(
        parts[1], over: worker.limits, option: "--limits-of")
    }
    if let awayLimit { _ = try Self.seconds(awayLimit) }
    return (plugins, shared)
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }

  private static func limits(_ text: String, over known: WorkerLimits, option: String) throws -> WorkerLimits
  {
    var limits = known
    for word in text.split(separator: ",") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let isGood: Bool
      switch (parts.first, parts.count) {
      case ("memory", 2):
        let bytes = bytes(parts[1])
        limits.memoryBytes = bytes ?? 0
        isGood = bytes != nil
      case ("processors", 2):
        limits.processors = Double(parts[1]) ?? 0
        isGood = limits.processors >= 0.01 && limits.processors <= 10_000
      case ("tasks", 2):
        limits.tasks = Int(parts[1]) ?? 0
        isGood = (10...4_000_000).contains(limits.tasks)
      case ("user", 2):
        limits.user = parts[1]
        isGood = !parts[1].isEmpty
      default: isGood = false
      }
      guard isGood else {
        throw ValidationError(
          "\(option): \"\(word)\" is none of memory=BYTES (at least 16M), processors=N (0.01 and more), tasks=N "
            + "(10 and more), user=NAME")
      }
    }
    return limits
  }

  /// 64M, 2G, or plain bytes; nil when it is none, or too little for a worker to live.
  private static func bytes(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Int64(unit == nil ? text : String(text.dropLast())) else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
    return overflow || bytes < 16 << 20 ? nil : bytes
  }

  private static func seconds(_ text: String) throws -> Int {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Int(unit == nil ? text : String(text.dropLast())), (0...1_000_000).contains(number),
      unit != nil || number == 0
    else { throw ValidationError("--away-limit wants 0 or a time such as 90s, 10m or 2h, not \"\(text)\"") }
    return number * (unit ?? 1)
  }
}
