import DataModel
import Glibc

/// Loads a plug-in from an open file, without a private copy: for a process that tries it and ends.
package enum OpenedPlugin {
  /// Loads the bytes that `descriptor` has open and calls the entry, on the calling thread. `path` is the file's
  /// own: it is used instead where the plug-in's libraries lie beside it ($ORIGIN), which only its place tells, and
  /// when `byPath` asks for it: a debugger takes /proc/self for its own, and waits for ever where that is a pipe.
  package static func load(
    descriptor: Int32, path: String, byPath: Bool = false
  ) throws(Objection) -> PluginGeneration {
    let file = try ELFFile(ByteSource(descriptor: descriptor))
    let manifest = try PluginFacts.manifest(of: file)
    let needsPlace = file.runPath.contains { $0.contains("$ORIGIN") || $0.contains("${ORIGIN}") }
    let name = needsPlace || byPath ? path : "/proc/self/fd/\(descriptor)"
    guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      throw LoaderMessage.objection(dlerror().map { String(cString: $0) } ?? "", path: name)
    }
    let entry = try PluginEntry(library, host: HostTables.shared.host, manifest: manifest)
    return PluginGeneration(
      manifest: manifest, sha256: SHA256Digest.ofFile(descriptor)?.hex ?? "", functions: entry.functions)
  }
}
