import Glibc
import PluginHost

/// How the file was linked: what loading it would do to the process and to other plug-ins.
enum LinkRules {
  static let all: [Rule] = loading + names

  private static let loading: [Rule] = [
    Rule(
      "elf.textrel", .error, "no text relocations",
      description: "Its code need not be changed while it is loaded (DT_TEXTREL).",
      reason: "Changed code is shared with nobody, hardened systems refuse it, and so does the host.",
      cure: "compile all of its sources with \"-fPIC\", those of its static libraries too",
      check: .object { object, _ in
        object.hasTextRelocations
          ? .found([Observation(evidence: "the loader would have to write into its code (DT_TEXTREL)")])
          : .passed()
      }),
    Rule(
      "elf.execstack", .error, "no executable stack",
      description: "It does not ask for executable stacks (PT_GNU_STACK).",
      reason:
        "Loading it would make the stack of every thread of the worker executable; the host refuses it.",
      cure: "link it with \"-Wl,-z,noexecstack\"; mark assembler sources with .note.GNU-stack",
      check: .object { object, _ in
        object.wantsExecutableStack
          ? .found([Observation(evidence: "it asks for executable stacks")]) : .passed()
      }),
    Rule(
      "elf.wxsegment", .error, "no writable code",
      description: "No part of it is writable and executable at once.",
      reason: "A single wrong write turns into foreign code.",
      cure: "link it without \"-Wl,-N\" and without a linker script that joins .data and .text",
      check: .object { object, _ in
        object.hasWritableCode
          ? .found([Observation(evidence: "a segment is both writable and executable")]) : .passed()
      }),
    Rule(
      "elf.glibc", .error, "glibc of this machine is new enough",
      description: "No symbol asks for a newer glibc than the one that runs here.",
      reason: "The loader refuses the file.",
      cure: "build it on this system, or on an older one",
      check: .object { object, _ in
        guard let needed = object.glibc else { return .passed("asks for no version") }
        guard let running = GlibcVersion.running, needed > running else { return .passed("needs \(needed)") }
        let versions = object.neededVersions.filter { version in
          GlibcVersion(symbolVersion: version.version).map { $0 > running } == true
        }
        return .found(
          versions.map {
            Observation(evidence: "it needs \($0.version) of \($0.library), and this machine has \(running)")
          })
      }),
    Rule(
      "elf.libraries", .error, "libraries are found",
      description: "Each library that it needs is installed, and where only root or its owner can put one.",
      reason: "It would not load, or load a library that somebody else put there.",
      cure: "install what is missing, or link it statically",
      check: .file { subject in
        guard let object = subject.object else {
          return .skipped("the file cannot be read as a shared object")
        }
        do throws(Objection) {
          let folder = FolderPath.parent(of: subject.absolutePath)
          let path = LibraryPath.current()
          let name = folder.split(separator: "/").last ?? ""
          // A plug-in that is a folder, NAME/NAME.so, may bring libraries.
          if subject.absolutePath.hasSuffix("/\(name)/\(name).so") {
            try path.checkTree(object, folder, FileRules())
          } else {
            try path.check(object, in: folder, FileRules())
          }
          return .passed(object.needed.joined(separator: ", "))
        } catch {
          return .found([Observation(error)])
        }
      }),
    Rule(
      "elf.statictls", .warning, "no static thread-local storage",
      description: "Its thread-local variables do not come from the static block (DF_STATIC_TLS).",
      reason: "The block is small: the first plug-ins use it up, and later ones cannot be loaded any more.",
      cure: "build it without -ftls-model=initial-exec",
      check: .object { object, _ in
        object.hasStaticTLS
          ? .found([Observation(evidence: "it takes thread-local variables from the static block")])
          : .passed()
      }),
    Rule(
      "elf.relro", .note, "addresses are bound at load",
      description: "It is linked with -z now and -z relro.",
      reason: "Its table of addresses stays writable while jobs run, and the first calls are slower.",
      cure: "link it with \"-Wl,-z,relro,-z,now\"",
      check: .object { object, _ in
        let lacks = [
          object.isBoundNow ? nil : "-z now", object.hasReadOnlyRelocations ? nil : "-z relro",
        ].compactMap(\.self)
        return Verdict.of(lacks.map { Observation(evidence: "it was linked without \($0)") })
      }),
  ]

  private static let names: [Rule] = [
    Rule(
      "elf.exports", .warning, "exports the entry alone",
      description: "bh_plugin_entry is the only symbol that others could find.",
      reason: "Names that are visible can be bound to those of another library that has the same.",
      cure:
        "link it with \"-Wl,--version-script=exports.map\" (the SDK's file, which names bh_plugin_entry alone); in C "
        + "-fvisibility=hidden does too",
      check: .object { _, contents in
        let names = contents.needlessExports.map(SymbolName.readable)
        if names.isEmpty { return .passed() }
        return .found([Observation(evidence: "it also exports \(listed(names))")])
      }),
    Rule(
      "elf.unique", .warning, "no process-wide variables",
      description: "It has no GNU-unique symbols.",
      reason:
        "Two versions of it that are loaded at once would share these variables, and the newer one work "
        + "with what the older one put there.",
      cure: "compile it with -fno-gnu-unique",
      check: .object { _, contents in
        let names = contents.symbols.unique.map(SymbolName.readable)
        if names.isEmpty { return .passed() }
        return .found([
          Observation(evidence: "\(listed(names)) \(names.count == 1 ? "is" : "are") GNU-unique")
        ])
      }),
    Rule(
      "elf.soname", .warning, "name of its own",
      description: "Its SONAME is not that of a library of the system.",
      reason: "Whatever is loaded later and needs that library gets this plug-in instead.",
      cure: "link it without \"-Wl,-soname\", or with a name of its own",
      check: .object { object, _ in
        guard let name = object.soname else { return .passed("has none") }
        guard LibraryPath.current().has(name) else { return .passed(name) }
        return .found([Observation(evidence: "its SONAME is \(name), and so is that of a library here")])
      }),
    Rule(
      "elf.bundled", .warning, "brings no library that may be loaded already",
      description:
        "No library that it looks for beside itself ($ORIGIN) has the name of one that the system or "
        + "the host has.",
      reason:
        "The loader takes the first one with that name for all: the plug-in silently runs with another.",
      cure: "link that library statically with \"-Wl,--exclude-libs,ALL\", or use the system's",
      check: .file(bundled)),
  ]

  /// `$ORIGIN` alone brings nothing, as long as no such library lies there: Swift's package manager writes it into every
  /// library. A folder below it is there for libraries that are brought.
  private static func bundled(_ subject: CheckSubject) -> Verdict {
    guard let object = subject.object else { return .skipped("the file cannot be read as a shared object") }
    let own = FolderPath.parent(of: subject.absolutePath)
    let folders = object.runPath.map { $0.replacing("${ORIGIN}", with: "$ORIGIN") }
      .filter { $0.contains("$ORIGIN") }
    let path = LibraryPath.current()
    return Verdict.of(
      object.needed.filter { name in
        !isOfCompiler(name) && path.has(name)
          && folders.contains { folder in
            folder != "$ORIGIN" || access(own + "/" + name, F_OK) == 0
          }
      }.map {
        Observation(evidence: "it looks for \($0) beside itself, and this machine has one of that name")
      })
  }

  /// Libraries that everything needs and nobody brings.
  private static func isOfCompiler(_ name: String) -> Bool {
    [
      "libc.so", "libm.so", "libpthread.so", "libdl.so", "librt.so", "ld-linux", "libgcc_s.so",
      "libstdc++.so",
    ]
    .contains { name.hasPrefix($0) }
  }

  /// The first few of many names.
  static func listed(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
