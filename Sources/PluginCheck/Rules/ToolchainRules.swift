import PluginHost

/// What the languages bring along that it was made with.
enum ToolchainRules {
  static let all: [Rule] = [
    Rule(
      "code.toolchain", .warning, "Swift runtime of this host",
      description:
        "A Swift plug-in that uses the shared Swift libraries was made with this host's toolchain.",
      reason: "Swift promises no stable interface between the two on Linux: it may crash in any call.",
      cure: "build it with the toolchain of this bulkhead, or with -static-stdlib",
      check: .object { object, contents in
        guard contents.languages.contains(.swift) else { return .passed("no Swift code") }
        guard
          object.needed.contains("libswiftCore.so")
            || contents.symbols.imports.contains(where: { $0.hasPrefix("swift_") })
        else { return .passed("brings its own runtime") }
        return judge(contents.swiftToolchain, host: ELFContents.hostSwiftToolchain)
      }),
    Rule(
      "code.go", .warning, "no Go runtime",
      description: "It was not made with Go.",
      reason:
        "A Go runtime takes signals and threads of the whole process, and there can be only one of them.",
      cure: "run that code in a program of its own, and start it from the plug-in",
      check: .object { _, contents in
        contents.languages.contains(.go) ? .found([Observation(evidence: "it has a Go runtime")]) : .passed()
      }),
    Rule(
      "code.constructors", .note, "runs no code when it is loaded",
      description: "It has no constructors but the compiler's own.",
      reason: "They run before anything is checked; one that crashes or hangs keeps the plug-in out.",
      cure: "set things up in bh_plugin_entry or in the first job",
      check: .object { object, contents in
        // One is the compiler's, and Swift and Rust add one each.
        let usual = 1 + UInt64(contents.languages.count { $0 == .swift || $0 == .rust })
        guard object.constructors > usual else { return .passed() }
        return .found([
          Observation(
            evidence: "\(object.constructors - usual) function(s) run while it is loaded, before any check")
        ])
      }),
    Rule(
      "code.debug", .note, "debug information",
      description: "It was compiled with -g and not stripped.",
      reason: "Without it findings and crash reports name no line.",
      cure: "compile it with -g; strip a copy if you must",
      check: .object { _, contents in
        let how = contents.languages.map(\.rawValue).joined(separator: ", ")
        return contents.hasDebugInformation
          ? .passed(how) : .found([Observation(evidence: "it has no debug information")])
      }),
  ]

  static func judge(_ toolchain: String?, host: String?) -> Verdict {
    guard let toolchain, let host else { return .passed("the toolchain cannot be told") }
    if toolchain == host { return .passed("the same toolchain") }
    return .found([Observation(evidence: "it was made with \(toolchain), this host with \(host)")])
  }
}
