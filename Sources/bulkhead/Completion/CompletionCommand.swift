import ArgumentParser

/// The shells that can be completed for.
enum Shell: String, CaseIterable, ExpressibleByArgument {
  case bash, zsh, fish
}

struct CompletionCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    abstract: "Print the completion script of a shell.",
    discussion: """
      Completes verbs and options, and from a running engine also jobs, actions and plug-ins.

      Examples:
        bulkhead completion bash > /etc/bash_completion.d/bulkhead
        bulkhead completion zsh > ~/.zsh/completions/_bulkhead
        bulkhead completion fish > ~/.config/fish/completions/bulkhead.fish

      With --json: {"shell","script"}.

      Exit codes: 0 done, 64 wrong use.
      """)

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  @Flag(help: "Print JSON for programs instead of the script.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    let script = Bulkhead.completionScript(for: shell.kind)
    if json {
      Terminal.output.line(
        JSONText.object([("shell", .string(shell.rawValue)), ("script", .string(script))]).text)
    } else {
      Terminal.output.write(script.hasSuffix("\n") ? script : script + "\n")
    }
  }
}

extension Shell {
  fileprivate var kind: CompletionShell {
    switch self {
    case .bash: .bash
    case .zsh: .zsh
    case .fish: .fish
    }
  }
}
