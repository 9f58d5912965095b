import DataModel
import JobEngine
import Storage
import Threading

/// What the engine said of itself within a time limit. What it did not come to say is nil.
struct EngineAnswers: Sendable {
  /// How the asking went.
  enum Contact: Sendable, Equatable {
    /// All was answered.
    case whole
    /// Nobody is there to answer.
    case none
    /// It is there, and the question with that name was not answered in time.
    case silent(String)
    /// It is there, and answered with a failure.
    case failed(String, cure: String)
  }

  var contact = Contact.none
  var serving: ServeStatus.Reply?
  var workers: ListWorkers.Reply?
  var plugins: PluginList?
  var revocations: [Revocation]?
  /// The newest lost jobs.
  var lost: [JobRow]?
  /// The newest jobs that wait.
  var ready: [JobRow]?
  /// The newest job of all.
  var newest: JobRow?

  static let limitMilliseconds: Int64 = 5000
  /// Jobs of one kind that are looked at.
  static let jobLimit = 1000

  /// Somebody holds the store, though he may not answer.
  var isServed: Bool { contact != .none }

  private struct Progress: Sendable {
    var answers = EngineAnswers()
    var question = "connect"
    var isOver = false
  }

  /// Asks on a thread of its own, which is left behind when the engine does not answer: this process ends anyway.
  static func ask(
    _ location: StoreLocation, socket: SocketFacts, milliseconds: Int64 = limitMilliseconds
  ) -> EngineAnswers {
    let progress = Threading.Condition(Progress())
    OSThread("bh-doctor") {
      let contact = askAll(location, socket, progress)
      progress.update {
        $0.answers.contact = contact
        $0.isOver = true
      }
    }
    let whole = progress.wait(milliseconds: milliseconds) { $0.isOver ? $0.answers : nil }
    if let whole { return whole }
    return progress.withLock { progress in
      var answers = progress.answers
      answers.contact = .silent(progress.question)
      return answers
    }
  }

  private static func askAll(
    _ location: StoreLocation, _ socket: SocketFacts, _ progress: Threading.Condition<Progress>
  ) -> Contact {
    func ask<R: Sendable>(
      _ question: String, _ path: WritableKeyPath<EngineAnswers, R?>, _ body: () throws -> R
    ) throws {
      progress.update { $0.question = question }
      let answer = try body()
      progress.update { $0.answers[keyPath: path] = answer }
    }
    do {
      let connection = try EngineConnection(location: location.description)
      let client = connection.client
      try ask("status", \.serving) { try connection.serving() }
      try ask("workers", \.workers) { try connection.workersAndMechanism() }
      try ask("plug-ins", \.plugins) { try client.plugins() }
      try ask("revocations", \.revocations) { try client.revocations() }
      try ask("lost jobs", \.lost) { try client.jobs(ListJobs(states: ["lost"], limit: jobLimit)) }
      try ask("waiting jobs", \.ready) { try client.jobs(ListJobs(states: ["ready"], limit: jobLimit)) }
      if let newest = try client.jobs(ListJobs(limit: 1)).first { try ask("jobs", \.newest) { newest } }
      return .whole
    } catch let error as EngineError {
      // Nobody at the socket is no fault of an engine; one that this user may not ask, or that has answered already
      // and then went away, was there all the same.
      let wasThere = socket.isForbidden || progress.withLock { $0.answers.serving != nil }
      if error.code == .noEngine, !wasThere { return .none }
      return .failed(error.message, cure: error.cure)
    } catch let error as StoreError {
      return .failed(error.message, cure: error.cure)
    } catch {
      return .failed("\(error)", cure: "")
    }
  }
}
