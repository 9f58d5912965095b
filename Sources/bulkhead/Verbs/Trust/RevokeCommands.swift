import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct PluginsRevokeCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Never take a content again: its file is refused at once, new jobs of it wait.",
    discussion: """
      Names a SHA-256, or a plug-in whose active content is meant. Jobs that run go on to their end. It holds until \
      `bulkhead plugins restore`, over restarts and under every name that the file may get. Audited.

      Example:
        bulkhead plugins revoke libvirt --reason "leaks credentials into its log"

      With --json: {"sha256","revoked"}.

      Exit codes: 0 done, 6 no such plug-in, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp("A SHA-256, or the id of an active plug-in.", valueName: "content"),
    completion: LiveCompletion.plugin)
  var content: String

  @Option(help: "Why: shown wherever the refusal is.")
  var reason = ""

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    if reason.utf8.count > Revocation.reasonLimit {
      throw ValidationError("--reason is longer than \(Revocation.reasonLimit) bytes")
    }
  }

  func act() throws {
    let client = try connect().client
    let sha256 = try hash(client)
    try client.revoke(Revocation(sha256: sha256, who: "", reason: reason), isRevoked: true)
    if engine.json {
      Terminal.output.line(JSONText.object([("sha256", .string(sha256)), ("revoked", .bool(true))]).text)
    } else {
      Terminal.output.line(
        "\(sha256) is revoked; take it back with `\(engine.hint("plugins restore \(sha256)"))`")
    }
  }

  private func hash(_ client: JobClient) throws(EngineError) -> String {
    if SettingText.isHash(content) { return content }
    let files = try client.plugins().files
    if let file = files.first(where: { $0.pluginID == content && $0.state == .active }) { return file.sha256 }
    let near = EditDistance.hint(for: content, among: Set(files.map(\.pluginID).filter { !$0.isEmpty }))
    throw EngineError(
      .notFound, "there is no active plug-in \"\(content)\"\(near)",
      cure: "see `\(engine.hint("plugins list"))`")
  }
}

struct PluginsRestoreCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Take a revocation back.",
    discussion: """
      Example:
        bulkhead plugins restore 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

      With --json: {"sha256","revoked"}.

      Exit codes: 0 done, 6 it is not revoked, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: ArgumentHelp("The SHA-256, as `plugins revocations` prints it.", valueName: "sha256"))
  var sha256: String

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    guard SettingText.isHash(sha256) else {
      throw ValidationError("\"\(SafeText.escape(sha256))\" is no SHA-256: 64 lower-case hexadecimal digits")
    }
  }

  func act() throws {
    try connect().client.revoke(Revocation(sha256: sha256, who: "", reason: ""), isRevoked: false)
    if engine.json {
      Terminal.output.line(JSONText.object([("sha256", .string(sha256)), ("revoked", .bool(false))]).text)
    } else {
      Terminal.output.line("\(sha256) may be taken again")
    }
  }
}

struct PluginsRevocationsCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "revocations",
    abstract: "List what was revoked, by whom and why.",
    discussion: """
      Example:
        bulkhead plugins revocations

      With --json: {"revocations":[{"sha256","at","who","reason"}]}.

      Exit codes: 0 done, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let list = try connect().client.revocations()
    if engine.json {
      let items = list.map {
        JSONText.object([
          ("sha256", .string($0.sha256)), ("at", .string(TimeText.rfc3339($0.at))), ("who", .string($0.who)),
          ("reason", .string($0.reason)),
        ])
      }
      Terminal.output.line(JSONText.object([("revocations", .list(items))]).text)
      return
    }
    guard !list.isEmpty else { return Terminal.output.line("nothing is revoked") }
    var table = Table("SHA-256", "WHEN", "WHO", "WHY")
    let now = WallClock.milliseconds
    for item in list {
      table.add(
        .init(item.sha256), .init(TimeText.withAge(item.at, now: now)), .init(item.who), .init(item.reason))
    }
    Terminal.output.lines(table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
  }
}
