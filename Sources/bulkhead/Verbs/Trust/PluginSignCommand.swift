import ArgumentParser
import Foundation
import JobEngine
import PluginHost

struct PluginSignCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a plug-in, so that engines with `plugins.trust: signed` take it.",
    discussion: """
      Writes FILE.sig beside the file or folder: an Ed25519 signature of its SHA-256. Copy both into the plug-in \
      directory. None of the plug-in's code is run.

      Example:
        bulkhead plugin sign ./checksum.so --key release.key

      With --json: {"file","sha256","signature","key"}.

      Exit codes: 0 signed, 6 no such file, 7 the key cannot be used, 64 wrong use, 70 fault of bulkhead.
      """)

  @Argument(help: ArgumentHelp("The plug-in's file or folder.", valueName: "file"), completion: .file())
  var file: String

  @Option(help: ArgumentHelp("The secret key (PEM), as `plugin keys generate` writes it.", valueName: "file"))
  var key: String

  @Option(help: ArgumentHelp("Where to write the signature (default: FILE.sig).", valueName: "file"))
  var output: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    let sha256 = try TrustFiles.hash(file)
    let pair = try TrustFiles.secretKey(key)
    guard let signature = PluginSignature(sha256: sha256, key: pair) else {
      throw EngineError(.refused, "\(key) cannot sign", cure: "name a secret Ed25519 key")
    }
    let target = output ?? TrustFiles.bare(file) + PluginSignature.suffix
    try TextFile.write(signature.text, to: target, mode: 0o644, replaces: true)
    if json {
      let document: JSONText = [
        "file": .string(file), "sha256": .string(sha256), "signature": .string(target),
        "key": .string(pair.identity),
      ]
      Terminal.output.line(document.text)
    } else {
      Terminal.output.line("\(SafeText.escape(target)): signed by key \(pair.identity)")
    }
  }
}
