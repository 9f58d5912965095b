package import DataModel
import Glibc
package import PluginHost

/// The file that is checked and all that it tells without any of its code being run.
package struct CheckSubject: Sendable {
  /// As it was given.
  package let path: String
  package let absolutePath: String
  package let sha256: String
  package let bytes: UInt64
  /// Nil when it is no shared object for this machine; `formObjection` says why.
  package let object: ELFFile?
  package let contents: ELFContents?
  package let formObjection: Objection?
  /// Nil when it has none that is right; `manifestObjection` says why.
  package let manifest: Manifest?
  package let manifestObjection: Objection?

  /// Nil when there is no regular file that could be read.
  package init?(path: String) {
    self.path = path
    absolutePath = FolderPath.absolute(path)
    let descriptor = open(absolutePath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard FileSignature.isRegular(descriptor: descriptor), let digest = SHA256Digest.ofFile(descriptor) else {
      return nil
    }
    sha256 = digest.hex
    let source = ByteSource(descriptor: descriptor)
    bytes = source.count
    (object, formObjection) = Self.attempt { () throws(Objection) in try ELFFile(source) }
    contents = object == nil ? nil : try? ELFContents(source)
    guard let object else {
      (manifest, manifestObjection) = (nil, nil)
      return
    }
    (manifest, manifestObjection) = Self.attempt { () throws(Objection) in
      try PluginFacts.manifest(of: object)
    }
  }

  private static func attempt<R>(_ body: () throws(Objection) -> R) -> (R?, Objection?) {
    do throws(Objection) {
      return (try body(), nil)
    } catch {
      return (nil, error)
    }
  }
}
