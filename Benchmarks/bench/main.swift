import Foundation

// `make bench` runs this: one JSON object a line on standard output, a table on standard error.
// ONLY=regex runs the groups whose name matches; a wrong regex is an error, not an empty run.

struct Group {
  var name: String
  var run: () throws -> [Measurement]
}

let groups = [
  Group(name: "noop_jobs", run: NoopThroughput.run),
  Group(name: "submit_to_start", run: StartLatency.run),
  Group(name: "cancel", run: CancelLatency.run),
  Group(name: "calls", run: CallCost.run),
  Group(name: "memory", run: MemoryCost.run),
]

func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

do {
  let only = try Regex(ProcessInfo.processInfo.environment["ONLY"] ?? "")
  let chosen = groups.filter { $0.name.contains(only) }
  guard !chosen.isEmpty else {
    say("error: ONLY matches none of \(groups.map(\.name).joined(separator: ", "))")
    exit(64)
  }
  var all: [Measurement] = []
  for group in chosen {
    say("measuring \(group.name) ...")
    for measurement in try group.run() {
      print(measurement.json)
      fflush(nil)
      all.append(measurement)
    }
  }
  say("\n" + Table.text(all))
} catch {
  say("error: \(error)")
  exit(1)
}
