import ArgumentParser
import Glibc
import JobEngine
import Storage
import Threading

/// `bulkhead doctor`: looks at everything that an engine needs on this machine, whether one serves or not.
struct DoctorCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what is wrong on this machine, or will go wrong, and what to do.",
    discussion: """
      Looks at configuration, store, socket, engine, workers, plug-ins, jobs and machine. Works with an engine and \
      without one; then what only an engine knows is left out. Changes nothing, and waits for nothing longer than \
      5 seconds: an engine that does not answer is a fault that is told. A store that nobody serves is read under its \
      lock: an engine that is started in that moment is refused.

      Examples:
        bulkhead doctor
        bulkhead doctor --only 'store.*' --json

      ✓ in order, – good to know, ! will go wrong, ✗ is wrong; → what to do.

      With --json: {"checks":[{"id","title","outcome","evidence":["…"],"cure"}],"worst"}; an outcome is ok, note, \
      warning or fault, a cure may be null.

      Exit codes: 0 nothing worse than a note, 1 warnings or faults, 64 wrong use, 70 fault of bulkhead.
      """)

  @Option(
    help: ArgumentHelp(
      "Only checks whose id matches, such as store.disk or 'jobs.*'. May be repeated.", valueName: "glob"))
  var only: [String] = []

  @Option(
    help: ArgumentHelp(
      "The plug-in directory, as `serve` is told (default: the configuration's).", valueName: "folder"))
  var plugins: String?

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    for glob in only where !HealthSubject.allCases.contains(where: { Self.matches($0, glob) }) {
      let groups = Set(HealthSubject.allCases.map { $0.rawValue.prefix { $0 != "." } }).sorted()
      throw ValidationError(
        "no check has an id like \"\(SafeText.escape(glob))\"; try "
          + groups.map { "'\($0).*'" }.joined(separator: ", "))
    }
  }

  func act() throws {
    let checks = examine().filter { check in
      only.isEmpty || only.contains { Self.matches(check.subject, $0) }
    }
    if engine.json {
      Terminal.output.line(HealthText.document(checks).text)
    } else {
      Terminal.output.lines(HealthText.lines(checks, colour: Terminal.output.usesColour))
    }
    if HealthCheck.worst(checks) > .note { throw ExitCode(ExitStatus.failed) }
  }

  private static func matches(_ subject: HealthSubject, _ glob: String) -> Bool {
    fnmatch(glob, subject.rawValue, 0) == 0
  }

  private func examine() -> [HealthCheck] {
    let layered: Result<LayeredConfiguration, EngineError>
    do throws(EngineError) {
      layered = .success(try engine.configuration([("plugins.directory", plugins)]))
    } catch {
      layered = .failure(error)
    }
    let first = ConfigurationChecks.judge(layered)
    let text = (try? engine.location()) ?? "sqlite:./bulkhead.db"
    let location: StoreLocation
    do throws(StoreError) {
      location = try StoreLocation(text)
    } catch {
      return [first, HealthCheck(.storeFile, .fault, error.message, cure: error.cure)]
    }
    let settings =
      (try? layered.get().configuration) ?? EngineConfiguration(location: location)
    let socket = SocketFacts(location)
    let answers = EngineAnswers.ask(location, socket: socket)
    let now = WallClock.milliseconds
    return [first] + StoreChecks.judge(StoreFacts(location, isServed: answers.isServed))
      + SocketChecks.judge(socket, answers)
      + EngineChecks.judge(answers, location: location, program: Bulkhead.version)
      + WorkerChecks.judge(answers)
      + PluginChecks.judge(
        PluginFolderFacts(settings, engine: answers.serving?.process.pid), answers, settings)
      + JobChecks.judge(answers, now: now)
      + MachineChecks.judge(
        MachineFacts(engine: answers.serving?.process.pid, slots: settings.slots, store: location.path),
        answers,
        now: now)
  }
}
