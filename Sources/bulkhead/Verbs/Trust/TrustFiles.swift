import Foundation
import JobEngine
import PluginHost

/// The files that the verbs of trust read and write.
enum TrustFiles {
  /// The hash that is signed: of a file, or of a folder with all that is in it.
  static func hash(_ file: String) throws(EngineError) -> String {
    guard FileManager.default.fileExists(atPath: file) else {
      throw EngineError(.notFound, "there is no \(file)", cure: "name the plug-in's .so file or folder")
    }
    do {
      return try PluginContent.hash(of: bare(file))
    } catch {
      throw EngineError(.refused, "\(file): \(error.rule)", cure: error.cure)
    }
  }

  /// Without the slash that shells complete folders with.
  static func bare(_ file: String) -> String {
    var file = Substring(file)
    while file.count > 1, file.hasSuffix("/") { file = file.dropLast() }
    return String(file)
  }

  static func secretKey(_ file: String) throws(EngineError) -> SigningKey {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw EngineError(
        .notFound, "the key \(file) cannot be read", cure: "make one: bulkhead plugin keys generate NAME")
    }
    guard data.count < 1 << 16, let text = String(data: data, encoding: .utf8),
      let key = SigningKey(pem: text, .secret)
    else {
      throw EngineError(
        .refused, "\(file) holds no secret Ed25519 key without a passphrase",
        cure: "name the .key file that `bulkhead plugin keys generate` wrote")
    }
    return key
  }

  /// The folder of keys: the one that is named, else the configuration's.
  static func keyFolder(_ named: String?) throws(EngineError) -> String {
    if let named { return named }
    do {
      let folder = try ConfigurationLayers.read(file: nil, options: []).configuration.plugins.trust.keyFolder
      if !folder.isEmpty { return folder }
    } catch {
      throw error.engineError
    }
    throw EngineError(
      .invalidParameters, "no folder of keys is named", cure: "name it with --keys, or set plugins.keys")
  }
}
