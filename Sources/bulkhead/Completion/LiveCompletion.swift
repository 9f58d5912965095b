import ArgumentParser
import DataModel
import JobEngine
import Storage

/// What a shell offers for words that only a running engine knows: jobs, actions, plug-ins. Quiet: where no engine
/// answers there is nothing to offer.
enum LiveCompletion {
  /// Numbers of the newest jobs.
  static let job = CompletionKind.custom { words, _, _ in
    ask(words) { client throws(EngineError) in try client.jobs(ListJobs(limit: 50)).map { "\($0.id)" } }
  }

  /// `PLUGIN:ACTION` of all that can be submitted. The colon parts words in bash, which offers the rest.
  static let action = CompletionKind.custom { words, _, _ in
    ask(words) { client throws(EngineError) in
      try PluginDocument.all(client.plugins()).filter { $0.file.state == .active }.flatMap { plugin in
        plugin.manifest?.actions.map { "\(plugin.file.pluginID):\($0.name)" } ?? []
      }
    }
  }

  static let plugin = CompletionKind.custom { words, _, _ in
    ask(words) { client throws(EngineError) in
      Set(try client.plugins().files.map(\.pluginID).filter { !$0.isEmpty }).sorted()
    }
  }

  /// `words` is the whole line so far: its --store and --config count.
  private static func ask(
    _ words: [String], _ question: (JobClient) throws(EngineError) -> [String]
  ) -> [String] {
    var engine = EngineOptions()
    engine.store = value(of: "--store", in: words)
    engine.config = value(of: "--config", in: words)
    do throws(EngineError) {
      return try question(EngineConnection(location: engine.location()).client)
    } catch {
      return []
    }
  }

  private static func value(of option: String, in words: [String]) -> String? {
    if let index = words.firstIndex(of: option), index + 1 < words.count { return words[index + 1] }
    return words.first { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
  }
}
