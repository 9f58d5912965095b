import ArgumentParser
import JobEngine

struct PluginNewCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a plug-in project that builds at once.",
    discussion: """
      The project has one action with parameters, progress, cancel points, a record and an undo; a manifest; a Makefile \
      with `make all`, `make check` and `make run`; and a copy of the plug-in headers, so that it needs nothing else.

      Examples:
        bulkhead plugin new mail-gateway
        bulkhead plugin new mail-gateway --lang swift --output plugins/mail-gateway

      With --json: {"id","language","folder","files":[path]}.

      Exit codes: 0 done, 7 refused (the folder is not empty, or cannot be written), 64 wrong use (the name cannot be a \
      plug-in's id), 70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp(
      "The plug-in's id: a lower-case letter, then letters, digits, '-' or '_', 64 at most.",
      valueName: "name"))
  var name: String

  @Option(help: ArgumentHelp("c, cpp or swift.", valueName: "language"))
  var lang: NewProject.Language = .c

  @Option(
    help: ArgumentHelp("The folder to make (default: the name, in this folder).", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Use the SDK in this folder instead of copying its headers into the project.", valueName: "folder"),
    completion: .directory)
  var sdk: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func validate() throws {
    if let problem = NewProject.problem(withName: name) { throw ValidationError(problem) }
  }

  func act() throws {
    let project = try NewProject(name, language: lang, sdk: sdk)
    let folder = output ?? name
    try project.write(to: folder)
    if json {
      let document: JSONText = [
        "id": .string(name), "language": .string(lang.rawValue), "folder": .string(folder),
        "files": .strings(project.files.map(\.path)),
      ]
      Terminal.output.line(document.text)
      return
    }
    Terminal.output.lines(
      ["\(folder): a plug-in in \(lang.title) with the action \(name):environment.create", ""].flatMap {
        SafeText.lines($0)
      } + nextSteps(folder))
  }

  private func nextSteps(_ folder: String) -> [String] {
    let places = lang == .swift ? "the code" : "manifest.json, in the code"
    let header = lang == .c ? " After a change of its parameters: make header." : ""
    return [
      "  cd \(SafeText.escape(folder))", "  make all      # build it",
      "  make check    # is it fit for an engine?",
      "  make run      # its action once, without an engine", "",
      "Then make it yours: rename environment.create in \(places) and as ACTION in the Makefile.\(header)",
    ]
  }
}

extension NewProject.Language: ExpressibleByArgument {}
