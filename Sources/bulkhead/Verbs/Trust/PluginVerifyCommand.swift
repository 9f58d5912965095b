import ArgumentParser
import Foundation
import JobEngine
import PluginHost

struct PluginVerifyCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a plug-in's signature against a folder of public keys.",
    discussion: """
      As an engine with `plugins.trust: signed` does it, without running any of the plug-in's code.

      Example:
        bulkhead plugin verify ./checksum.so --keys /etc/bulkhead/keys

      With --json: {"file","sha256","signer"}; a refusal is the usual error object.

      Exit codes: 0 signed by a known key, 6 no such file, 7 not signed, or by nobody that is known, 64 wrong use, 70 \
      fault of bulkhead.
      """)

  @Argument(help: ArgumentHelp("The plug-in's file or folder.", valueName: "file"), completion: .file())
  var file: String

  @OptionGroup var options: KeyFolderOptions

  var printsJSON: Bool { options.json }

  func act() throws {
    let sha256 = try TrustFiles.hash(file)
    let rules = TrustRules(PluginTrust(rule: .signed, keyFolder: try TrustFiles.keyFolder(options.keys)))
    let signer: String
    do {
      signer = try rules.check(sha256: sha256, path: TrustFiles.bare(file))
    } catch {
      throw EngineError(.refused, "\(file): \(error.rule)", cure: error.cure)
    }
    if options.json {
      let document: JSONText = ["file": .string(file), "sha256": .string(sha256), "signer": .string(signer)]
      Terminal.output.line(document.text)
    } else {
      Terminal.output.line("\(SafeText.escape(file)): signed by \(SafeText.escape(signer)) (\(sha256))")
    }
  }
}
