import DataModel
import Glibc
import PluginHost

/// What can be said of a plug-in file without running any of its code, and everything that would get it refused.
struct FileInspection {
  let path: String
  private(set) var bytes: UInt64?
  private(set) var object: ELFFile?
  private(set) var manifest: Manifest?
  /// All of them, where the engine stops at the first.
  private(set) var objections: [Objection] = []

  /// Reads the file where it stands. Its folder is judged too, as a plug-in directory would be.
  init(path: String) {
    self.path = path
    let folder = Self.folder(of: path)
    let rules = FileRules()
    check { () throws(Objection) in try rules.checkFolder(folder) }
    let descriptor: Int32
    do throws(Objection) {
      descriptor = try rules.open(path)
    } catch {
      objections.append(error)
      return
    }
    defer { close(descriptor) }
    read(ByteSource(descriptor: descriptor), in: folder, rules)
  }

  private mutating func read(_ source: ByteSource, in folder: String, _ rules: FileRules) {
    bytes = source.count
    let object: ELFFile
    do throws(Objection) {
      object = try ELFFile(source)
    } catch {
      objections.append(error)
      return
    }
    self.object = object
    check { () throws(Objection) in try PluginFacts.checkForm(object) }
    do throws(Objection) {
      let manifest = try PluginFacts.manifest(of: object)
      self.manifest = manifest
      check { () throws(Objection) in try HostABI().check(manifest.abi) }
    } catch {
      objections.append(error)
    }
    check { () throws(Objection) in try PluginFacts.checkEntry(object) }
    check { () throws(Objection) in try LibraryPath.current().check(object, in: folder, rules) }
  }

  private mutating func check(_ rule: () throws(Objection) -> Void) {
    do throws(Objection) { try rule() } catch { objections.append(error) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
