package import DataModel

/// The rules that a file's content has to keep, apart from any place on a disk.
package enum PluginFacts {
  /// The one manifest of the file.
  package static func manifest(of file: ELFFile) throws(Objection) -> Manifest {
    guard let text = file.manifests.first else {
      throw Objection("it has no manifest note", cure: "add BH_MANIFEST({...}) to one of its sources")
    }
    guard file.manifests.count == 1 else {
      throw Objection(
        "it has \(file.manifests.count) manifest notes", cure: "keep BH_MANIFEST in one of its sources only")
    }
    do {
      return try Manifest(text: text)
    } catch {
      throw Objection(
        "its manifest is refused: \(error)", cure: "correct it in the source and build it again")
    }
  }

  /// What can be said of its form before any of its code runs. `glibc` is that of the processes that would load
  /// it; nil when it is not known.
  package static func checkForm(
    _ file: ELFFile, glibc: GlibcVersion? = .running
  ) throws(Objection) {
    if file.isExecutable {
      throw Objection("it is a program, not a shared object", cure: "link it with \"cc -shared -fPIC\"")
    }
    if file.wantsExecutableStack {
      throw Objection(
        "it would make every stack of the worker executable", cure: "link it with \"-Wl,-z,noexecstack\"")
    }
    if file.hasTextRelocations {
      throw Objection(
        "its code would have to be written to while it is loaded (text relocations)",
        cure: "compile all of its sources with \"-fPIC\", those of its static libraries too")
    }
    if let needed = file.glibc, let glibc, needed > glibc {
      throw Objection(
        "it needs glibc \(needed), and this machine has glibc \(glibc)",
        cure: "build it on this system, or on an older one")
    }
  }

  /// Its code can be entered.
  package static func checkEntry(_ file: ELFFile) throws(Objection) {
    guard file.exportsEntry else { throw PluginEntry.noEntry }
  }
}
