import PluginCheck
import Storage
import Threading

/// What is shown of a run while it goes: log lines as they come, and a line of progress on a terminal.
struct RunScreen {
  private let isSilent: Bool
  private let label: String
  private let terminal = Terminal.output
  private let start = MonotonicClock.nanoseconds
  private var isDrawn = false
  private var message = ""

  init(isSilent: Bool, label: String) {
    self.isSilent = isSilent
    self.label = label
  }

  mutating func show(_ event: TryEvent) {
    if isSilent { return }
    switch event {
    case .log(let level, let text):
      clear()
      let line = LogLine(at: WallClock.milliseconds, level: level, text: text)
      terminal.line(JobsLogsCommand.text(line, colour: terminal.usesColour))
    case .progress(let done, let total, let text): draw(done, total, text)
    case .wrote(let text):
      clear()
      Terminal.errors.lines(SafeText.lines(text))
    case .loaded, .refused, .began, .ended: break
    }
  }

  mutating func end() { clear() }

  private mutating func draw(_ done: UInt64, _ total: UInt64, _ text: String) {
    let state = ProgressState(
      label: label, state: "running", done: done, total: total, message: text,
      elapsedMilliseconds: (MonotonicClock.nanoseconds - start) / 1_000_000)
    if terminal.isInteractive {
      terminal.redraw(ProgressBar.render(state, width: terminal.width ?? 80))
      isDrawn = true
    } else if text != message {
      let percent = state.percent.map { "\($0)%  " } ?? ""
      terminal.line("progress  " + percent + SafeText.escape(text))
    }
    message = text
  }

  private mutating func clear() {
    if isDrawn { terminal.redraw("") }
    isDrawn = false
  }
}
