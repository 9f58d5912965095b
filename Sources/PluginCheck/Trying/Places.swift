import Foundation
import Glibc
import PluginHost
import Threading

/// Turns places in code into words, with the debug information of the modules where there is some and a tool that
/// reads it (binutils or elfutils).
struct Places {
  private static let fileLimit = 1 << 20

  private let names: [(suffix: String, file: String)]

  /// `file` and `secondFile`: what the child knew as its descriptors.
  init(_ plan: TryPlan) {
    names = [
      ("/fd/\(TryProcess.fileNumber)", plan.file),
      ("/fd/\(TryProcess.secondFileNumber)", plan.secondFile ?? ""),
    ]
  }

  /// The reports with `worstGapPlace`, `trace` and what follows from them filled in.
  func resolve(_ reports: [TryReport]) -> [TryReport] {
    let wanted = reports.flatMap { report in
      report.worstGapAt + (report.refused?.places ?? []) + report.tracePlaces
    }
    guard !wanted.isEmpty else { return reports }
    let texts = texts(of: wanted.map(named))
    return reports.map { report in
      var report = report
      func spots(_ places: [CodePlace]) -> [Spot] { places.map { texts[Key(named($0))] ?? Spot(text: "") } }
      /// The innermost that the author has written.
      func own(_ spots: [Spot]) -> String { (spots.first { !$0.isForeign } ?? spots.first)?.text ?? "" }
      report.worstGapPlace = own(spots(report.worstGapAt))
      report.refusedPlace = own(spots(report.refused?.places ?? []))
      let frames = ownPart(report.tracePlaces)
      report.trace = spots(frames).map(\.text)
      report.ownPlace = own(spots(frames.filter { CrashSite.isPlugin($0) }))
      if report.reason.isEmpty, isSwiftTrap(report) {
        report.reason =
          "a Swift trap: nil where a value has to be, an index out of bounds, an overflow, or fatalError"
      }
      return report
    }
  }

  /// Swift ends the process by an instruction that the processor does not have.
  private func isSwiftTrap(_ report: TryReport) -> Bool {
    guard case .signalled(let number) = report.ending, number == SIGILL || number == SIGTRAP else {
      return false
    }
    return report.tracePlaces.prefix(8).contains {
      SymbolName.isSwift($0.symbol) || $0.module.contains("libswift")
    } || report.errors.contains("Fatal error")
  }

  /// A place in words.
  private struct Spot {
    var text: String
    /// It is in what the SDK or the compiler brings: not where the author has to look.
    var isForeign = false
  }

  /// Without the host's frames that called the plug-in. All of it when none is the plug-in's.
  private func ownPart(_ places: [CodePlace]) -> [CodePlace] {
    let last = places.lastIndex { place in names.contains { $0.file == named(place).module } }
    return last.map { Array(places[...$0]) } ?? places
  }

  private struct Key: Hashable {
    let module: String
    let offset: UInt64

    init(_ place: CodePlace) {
      module = place.module
      offset = place.offset
    }
  }

  private func named(_ place: CodePlace) -> CodePlace {
    var place = place
    if place.module.hasPrefix("/proc/"), let name = names.first(where: { place.module.hasSuffix($0.suffix) })
    {
      place.module = name.file
    }
    return place
  }

  private func texts(of places: [CodePlace]) -> [Key: Spot] {
    var texts: [Key: Spot] = [:]
    for (module, places) in Dictionary(grouping: places, by: \.module) {
      let offsets = Set(places.map(\.offset)).sorted()
      let lines = Self.lines(of: module, offsets)
      for place in places {
        let file = module.split(separator: "/").last.map(String.init) ?? module
        let name = SymbolName.short(place.symbol)
        texts[Key(place)] =
          lines[place.offset]
          ?? Spot(
            text: name.isEmpty ? "\(file)+0x\(String(place.offset, radix: 16))" : "\(name) (\(file))",
            isForeign: Self.isForeign(place.symbol, ""))
      }
    }
    return texts
  }

  /// `function (file:line)` by offset, of those that the module's debug information knows.
  private static func lines(of module: String, _ offsets: [UInt64]) -> [UInt64: Spot] {
    guard let tool = tool else { return [:] }
    let words = offsets.map { "0x" + String($0, radix: 16) }
    let output = Self.output([tool, "-a", "-f", "-i", "-C", "-e", module] + words)
    var found: [UInt64: Spot] = [:]
    var offset: UInt64?
    var chain: [(function: String, place: String)] = []
    var function: String?
    func close() {
      // What is inlined from the SDK's headers is not where the author has to look.
      let known = chain.filter { $0.function != "??" && !$0.place.hasPrefix("??") }
      let own = known.first { !isForeign($0.function, $0.place) }
      guard let offset, let shown = own ?? known.last else { return }
      let place = shown.place.split(separator: "/").last ?? ""
      found[offset] = Spot(text: "\(SymbolName.short(shown.function)) (\(place))", isForeign: own == nil)
    }
    for line in output.split(separator: "\n") {
      if line.hasPrefix("0x"), let number = UInt64(line.dropFirst(2), radix: 16) {
        close()
        (offset, chain, function) = (number, [], nil)
      } else if let name = function {
        chain.append((name, String(line.prefix { $0 != " " })))
        function = nil
      } else {
        function = String(line)
      }
    }
    close()
    return found
  }

  /// The C and C++ headers and the Swift module of the SDK, and the headers of the system.
  private static func isForeign(_ function: String, _ place: String) -> Bool {
    let functions = ["bh_", "bulkhead::", "$s14BulkheadPlugin", "std::", "__gnu_cxx::", "_ZNSt", "_ZSt"]
    return functions.contains { function.hasPrefix($0) } || place.hasPrefix("/usr/include/")
      || place.contains("/include/bulkhead/") || place.contains("/BulkheadPlugin/")
  }

  private static let tool: String? = {
    let folders = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin").split(separator: ":")
    return ["addr2line", "eu-addr2line"].lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { access($0, X_OK) == 0 }
  }()

  private static func output(_ command: [String]) -> String {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return "" }
    defer { close(ends[0]) }
    let start = ProcessStart(
      command, environment: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"], descriptors: [(ours: ends[1], number: 1)])
    let pid = try? start.start()
    close(ends[1])
    guard let pid else { return "" }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends[0], &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += piece[..<min(count, max(0, fileLimit - bytes.count))]
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return String(decoding: bytes, as: UTF8.self)
  }
}
