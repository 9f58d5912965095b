import DataModel
import JobEngine
import Storage

/// What a waiting verb shows: a line that is drawn over itself on a terminal, a line per change elsewhere, nothing
/// for programs.
struct WaitScreen: Sendable {
  enum Mode: Sendable { case bar, lines, silent }

  private let mode: Mode
  private let terminal: Terminal
  private var told = ProgressLines()
  /// The line that stands on the terminal and is drawn over.
  private var drawn: String?

  init(mode: Mode, terminal: Terminal = .output) {
    self.mode = mode
    self.terminal = terminal
  }

  /// The job as it is now, `place` of `count`.
  mutating func show(_ job: JobRow, place: Int, count: Int, now: Milliseconds) {
    switch mode {
    case .silent: break
    case .lines:
      if let line = told.line(for: job, now: now) { terminal.line(line) }
    case .bar:
      guard !job.status.isAtRest else { return }
      let label = count > 1 ? "job \(job.id) (\(place) of \(count))" : "job \(job.id)"
      let line = ProgressBar.render(
        JobText.progress(job, label: label, now: now), width: terminal.width ?? 80)
      if line != drawn { terminal.redraw(line) }
      drawn = line
    }
  }

  /// The job came to rest.
  mutating func end(_ job: JobRow) {
    guard mode != .silent else { return }
    tell(JobText.end(job, colour: terminal.usesColour))
  }

  /// Lines between the progress.
  mutating func tell(_ lines: [String]) {
    if drawn != nil { terminal.redraw("") }
    drawn = nil
    (mode == .silent ? Terminal.errors : terminal).lines(lines)
  }
}

/// Which changes of a job get a line where no line can be drawn over: each new state and each new message, and progress
/// that has come ten percent further, or that somebody has waited for long enough.
struct ProgressLines: Sendable {
  private struct Told {
    var state: String
    var message = ""
    var done: UInt64 = 0
    var percent = 0
    var at: Milliseconds
  }

  private static let pauseMilliseconds: Milliseconds = 3000
  private static let step = 10

  private var last: [JobID: Told] = [:]

  mutating func line(for job: JobRow, now: Milliseconds) -> String? {
    if job.status.isAtRest {
      last[job.id] = nil
      return nil
    }
    let state = job.status.name
    let progress = JobText.progress(job, label: "", now: now)
    let new = Told(
      state: state, message: progress.message, done: progress.done, percent: progress.percent ?? 0, at: now)
    guard let old = last[job.id], old.state == state else {
      last[job.id] = new
      return text(job, new)
    }
    let isFurther =
      new.percent >= old.percent + Self.step
      || (new.done != old.done && now - old.at >= Self.pauseMilliseconds)
    guard isFurther || (!new.message.isEmpty && new.message != old.message) else { return nil }
    last[job.id] = new
    return text(job, new)
  }

  private func text(_ job: JobRow, _ told: Told) -> String {
    let progress = JobText.progressText(job)
    return "job \(job.id): " + told.state + (progress.isEmpty ? "" : "  " + progress)
  }
}
