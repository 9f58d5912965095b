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
      if let line = told.line(for: job) { terminal.line(line) }
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

/// Which changes of a job get a line where no line can be drawn over: each new state and each new message.
struct ProgressLines: Sendable {
  private var last: [JobID: (state: String, message: String)] = [:]

  mutating func line(for job: JobRow) -> String? {
    let message = job.progress?.message ?? ""
    let state = job.status.name
    let before = last.updateValue((state, message), forKey: job.id)
    if job.status.isAtRest {
      last[job.id] = nil
      return nil
    }
    let hasNewMessage = !message.isEmpty && before?.message != message
    guard before?.state != state || hasNewMessage else { return nil }
    return "job \(job.id): " + state + (hasNewMessage ? "  " + JobText.progressText(job) : "")
  }
}
