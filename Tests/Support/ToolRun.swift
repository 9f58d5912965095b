import Foundation

/// One run of a command-line tool that has ended: what it said and how it ended.
package struct ToolRun: Sendable {
  /// The exit code, or 128 plus the signal that ended it.
  package let status: Int32
  /// Standard output and standard error, in the order of writing.
  package let output: String

  /// Runs `arguments[0]`, looked for in PATH, with an empty standard input. Blocks until it has ended.
  /// Throws only when it cannot be started.
  package init(_ arguments: [String], in directory: String? = nil) throws {
    let log = NSTemporaryDirectory() + "bulkhead-tool-" + UUID().uuidString
    defer { unlink(log) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)

    let command = (directory.map { ["env", "-C", $0] } ?? []) + arguments
    let words = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, command[0], &actions, nil, words, environ)
    guard failure == 0 else {
      throw ToolFailure("cannot start \(command[0]): \(String(cString: strerror(failure)))")
    }
    var ended: Int32 = 0
    while waitpid(process, &ended, 0) < 0 && errno == EINTR { continue }
    let signal = ended & 0x7F
    status = signal == 0 ? (ended >> 8) & 0xFF : 128 + signal
    output = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
  }
}

/// A tool that could not be started, or did not do its work.
package struct ToolFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
