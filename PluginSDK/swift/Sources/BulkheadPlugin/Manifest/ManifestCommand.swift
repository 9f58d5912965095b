internal import Glibc

/// The body of a small program that keeps `manifest.c` in step with the actions:
///
///     ManifestCommand.run(plugin)                 // main.swift, the whole of it
///
/// `PROGRAM` prints the source, `PROGRAM manifest.c` writes it, `PROGRAM --check manifest.c` says where it differs.
public enum ManifestCommand {
  /// Does what the arguments say and ends the program: 0 done, 1 it differs or cannot be made, 64 wrong usage.
  public static func run(_ plugin: Plugin, _ arguments: [String] = CommandLine.arguments) -> Never {
    exit(perform(plugin, Array(arguments.dropFirst()), program: arguments.first ?? "manifest"))
  }

  private static func perform(_ plugin: Plugin, _ words: [String], program: String) -> Int32 {
    do {
      let source = try plugin.manifestSource()
      switch words.count {
      case 0:
        print(source, terminator: "")
        return 0
      case 1 where !words[0].hasPrefix("-"): return write(source, to: words[0])
      case 2 where words[0] == "--check": return compare(source, with: words[1], program)
      default:
        say("usage: \(program) [[--check] manifest.c]")
        return 64
      }
    } catch {
      say("\(plugin.id): \(error)")
      return 1
    }
  }

  private static func compare(_ source: String, with path: String, _ program: String) -> Int32 {
    guard let found = read(path) else { return failed("read", path) }
    if found == source { return 0 }
    let wanted = source.split(separator: "\n", omittingEmptySubsequences: false)
    let lines = found.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(wanted, lines).prefix { $0 == $1 }.count
    say("\(path) is not what the Swift types say, from line \(line + 1): run \(program) \(path)")
    say("  it has  \(line < lines.count ? lines[line] : "(its end)")")
    say("  wanted  \(line < wanted.count ? wanted[line] : "(its end)")")
    return 1
  }

  /// Written beside it and moved into place: a build that runs meanwhile sees the old one or the new one.
  private static func write(_ source: String, to path: String) -> Int32 {
    if read(path) == source { return 0 }
    guard let file = fopen(path + ".new", "we") else { return failed("write", path) }
    let isWritten = fputs(source, file) >= 0
    guard fclose(file) == 0, isWritten, rename(path + ".new", path) == 0 else { return failed("write", path) }
    return 0
  }

  private static func read(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  private static func failed(_ verb: String, _ path: String) -> Int32 {
    let error = errno
    say("cannot \(verb) \(path): \(String(cString: strerror(error)))")
    return 1
  }

  private static func say(_ text: String) { _ = (text + "\n").withCString { Glibc.write(2, $0, strlen($0)) } }
}
