import DataModel
import PluginHost

/// What a host refuses a file for before it runs any of it.
enum FormRules {
  static let all: [Rule] = [
    Rule(
      "file.form", .error, "shared object for this machine",
      description: "The file is an ELF shared object for this processor, whole, and no program.",
      reason: "A host takes nothing else.",
      cure: "build it with \"cc -shared -fPIC\" on or for this machine",
      check: .file { subject in
        if let objection = subject.formObjection { return .found([Observation(objection)]) }
        guard subject.object?.isExecutable == true else { return .passed() }
        return .found([Observation(evidence: "it is a program, not a shared object")])
      }),
    Rule(
      "file.entry", .error, "entry function",
      description: "It exports a function bh_plugin_entry.",
      reason: "It is the one way into the plug-in.",
      cure: "add BH_PLUGIN(...) to its source and link without hiding that symbol",
      check: .object { object, _ in
        object.exportsEntry
          ? .passed() : .found([Observation(evidence: "it does not export bh_plugin_entry")])
      }),
    Rule(
      "file.manifest", .error, "manifest",
      description: "It has one manifest note, and the manifest is JSON that a host understands.",
      reason: "All that must be known before its code runs stands there; a host refuses a plug-in without.",
      cure: "correct BH_MANIFEST({...}) in its source and build it again",
      check: .file { subject in
        guard subject.object != nil else { return .skipped("the file cannot be read as a shared object") }
        return Verdict.of(subject.manifestObjection.map { [Observation($0)] } ?? [])
      }),
    Rule(
      "abi.range", .error, "ABI level",
      description: "The levels of the plug-in and of this host meet.",
      reason: "A host refuses a plug-in that was made for another level.",
      cure: "build it with the headers of this bulkhead",
      check: .manifest { manifest, _ in
        do throws(Objection) {
          try HostABI().check(manifest.abi)
          return .passed("level \(manifest.abi.built), host \(manifest.abi.minimumHost) or later")
        } catch {
          return .found([Observation(error, place: "abi")])
        }
      }),
    Rule(
      "abi.drafts", .note, "draft extensions",
      description: "It asks for extensions whose id begins with bh.draft.",
      reason: "They carry no promise: the next host may not have them, or have them otherwise.",
      cure: "be ready to build it again for each release of bulkhead",
      check: .object { _, contents in
        Verdict.of(contents.drafts.map { Observation(evidence: "it names \($0)") })
      }),
  ]
}

extension Observation {
  init(_ objection: Objection, place: String = "") {
    self.init(evidence: objection.rule, place: place, cure: objection.cure)
  }
}
