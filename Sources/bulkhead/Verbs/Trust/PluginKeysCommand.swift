import ArgumentParser
import Foundation
import Glibc
import JobEngine
import PluginHost

struct PluginKeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Make and list the keys that plug-ins are signed with.",
    discussion: """
      Examples:
        bulkhead plugin keys generate release
        bulkhead plugin keys list --keys /etc/bulkhead/keys
      """,
    subcommands: [PluginKeysGenerateCommand.self, PluginKeysListCommand.self])
}

struct PluginKeysGenerateCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make a pair of Ed25519 keys: NAME.key to sign with, NAME.pub for the engines.",
    discussion: """
      NAME.key is secret (mode 0600): keep it where plug-ins are released. NAME.pub goes into the engines' plugins.keys \
      folder. Both are PEM files that openssl reads too. A file that is there is never overwritten.

      Example:
        bulkhead plugin keys generate release --output ~/keys

      With --json: {"key","secret_file","public_file"}.

      Exit codes: 0 made, 7 a file is there already or cannot be written, 64 wrong use, 70 fault of bulkhead.
      """)

  @Argument(help: "What the pair is called: its signatures are shown under that name.")
  var name: String

  @Option(help: ArgumentHelp("Where to write both files.", valueName: "folder"))
  var output = "."

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func validate() throws {
    let isName =
      name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F } && !name.hasPrefix(".") && !name.isEmpty
    guard isName else {
      throw ValidationError("\"\(SafeText.escape(name))\" is no name for a key: letters, digits, - and _")
    }
  }

  func act() throws {
    guard let pair = SigningKey.generate(), let secret = pair.pem(.secret), let shared = pair.pem(.shared)
    else {
      throw EngineError(
        .refused, "the system's libcrypto makes no Ed25519 keys", cure: "install a current OpenSSL")
    }
    let base = output + "/" + name
    for file in [base + ".key", base + ".pub"] where FileManager.default.fileExists(atPath: file) {
      throw EngineError(.refused, "\(file) is there already", cure: "choose another name, or move it away")
    }
    try write(secret, shared, base)
    if json {
      let document: JSONText = [
        "key": .string(pair.identity), "secret_file": .string(base + ".key"),
        "public_file": .string(base + ".pub"),
      ]
      Terminal.output.line(document.text)
    } else {
      Terminal.output.lines([
        "key \(pair.identity)", "  \(SafeText.escape(base)).key  secret: sign with it, give it to nobody",
        "  \(SafeText.escape(base)).pub  for the engines' plugins.keys folder",
      ])
    }
  }
}

extension PluginKeysGenerateCommand {
  /// Both files or none: half a pair is no key.
  private func write(_ secret: String, _ shared: String, _ base: String) throws(EngineError) {
    let held = Interrupts.hold()
    defer { Interrupts.release(held) }
    try TextFile.write(secret, to: base + ".key", mode: 0o600, replaces: false)
    do {
      try TextFile.write(shared, to: base + ".pub", mode: 0o644, replaces: false)
    } catch {
      unlink(base + ".key")
      throw error
    }
  }
}

struct PluginKeysListCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the public keys of a folder.",
    discussion: """
      Example:
        bulkhead plugin keys list --keys /etc/bulkhead/keys

      With --json: {"keys":[{"name","key"}]}.

      Exit codes: 0 done, 7 the folder or a file in it is refused, 64 wrong use, 70 fault of bulkhead.
      """)

  @OptionGroup var options: KeyFolderOptions

  var printsJSON: Bool { options.json }

  func act() throws {
    let folder = try TrustFiles.keyFolder(options.keys)
    let entries: [KeyFolder.Entry]
    do {
      entries = try KeyFolder(path: folder).entries()
    } catch {
      throw EngineError(.refused, error.rule, cure: error.cure)
    }
    if options.json {
      let list = entries.map {
        JSONText.object([("name", .string($0.name)), ("key", .string($0.key.identity))])
      }
      Terminal.output.line(JSONText.object([("keys", .list(list))]).text)
      return
    }
    guard !entries.isEmpty else { return Terminal.output.line("no keys in \(SafeText.escape(folder))") }
    var table = Table("NAME", "KEY")
    for entry in entries { table.add(.init(entry.name), .init(entry.key.identity)) }
    Terminal.output.lines(table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
  }
}
