import DataModel

extension PutPluginFile: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> PluginFile {
    let known = try PluginTable.files(in: transaction, named: file.file).first
    var file = file
    file.generation = known?.generation ?? 0
    file.changedAt = known?.changedAt ?? 0
    if file.state == .active { file.generation = try generation(in: transaction) }
    if file == known { return file }
    file.changedAt = transaction.now
    try PluginTable.put(file, in: transaction)
    try transaction.connection.run("update counter set value = value + 1 where name = 'plugin_revision'", [])
    transaction.signal(.pluginsChanged)
    return file
  }

  /// The plug-in's own count of its bytes: it goes on when a file is renamed, refused or removed in between.
  private func generation(in transaction: SQLTransaction) throws(StoreError) -> Int64 {
    var known: (generation: Int64, sha256: String) = (0, "")
    try transaction.connection.query(
      "select generation, sha256 from plugin_generation where plugin_id = $1", [.text(file.pluginID)]
    ) { known = ($0.int(0), $0.text(1)) }
    if known.generation > 0, known.sha256 == file.sha256 { return known.generation }
    try transaction.connection.run(
      "insert into plugin_generation (plugin_id, generation, sha256) values ($1, $2, $3) "
        + "on conflict (plugin_id) do update set generation = excluded.generation, sha256 = excluded.sha256",
      [.text(file.pluginID), .int(known.generation + 1), .text(file.sha256)])
    return known.generation + 1
  }
}

extension ListPlugins: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> PluginList {
    var reports: [PluginReport] = []
    try transaction.connection.query(
      "select node, sha256, is_loaded, message from plugin_report order by node, sha256", []
    ) { row in
      reports.append(
        PluginReport(
          node: NodeID(row.int(0)), sha256: row.text(1), isLoaded: row.int(2) != 0, message: row.text(3)))
    }
    return PluginList(
      revision: try transaction.counter("plugin_revision"), files: try PluginTable.files(in: transaction),
      reports: reports)
  }
}

extension ReportPlugin: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Nothing {
    _ = try NodeTable.livingOrder(of: report.node, in: transaction)
    let changed = try transaction.connection.run(
      "insert into plugin_report (node, sha256, is_loaded, message) values ($1, $2, $3, $4) "
        + "on conflict (node, sha256) do update set is_loaded = excluded.is_loaded, message = excluded.message "
        + "where plugin_report.is_loaded <> excluded.is_loaded or plugin_report.message <> excluded.message",
      [
        .int(report.node.rawValue), .text(report.sha256), .int(report.isLoaded ? 1 : 0),
        .text(report.message),
      ])
    // The revision stands: workers load by it, and a report of one is no news for another.
    if changed > 0 { transaction.signal(.pluginsChanged) }
    return Nothing()
  }
}

private enum PluginTable {
  /// A file that was never taken and is gone again is no news to anybody.
  private static let worthTelling =
    " where not (state = \(PluginFile.State.removed.rawValue) and manifest = '')"

  static func files(in transaction: SQLTransaction, named file: String? = nil) throws(StoreError)
    -> [PluginFile]
  {
    var files: [PluginFile] = []
    try transaction.connection.query(
      "select file, state, plugin_id, version, sha256, manifest, image, message, generation, changed_at, "
        + "worker_group from plugin_file" + (file == nil ? Self.worthTelling : " where file = $1")
        + " order by file",
      file.map { [.text($0)] } ?? []
    ) { row in
      files.append(
        PluginFile(
          file: row.text(0),
          state: PluginFile.State(rawValue: UInt8(truncatingIfNeeded: row.int(1))) ?? .refused,
          pluginID: row.text(2), version: row.text(3), sha256: row.text(4), manifest: row.text(5),
          image: row.text(6), message: row.text(7), generation: row.int(8), changedAt: row.int(9),
          group: row.text(10)))
    }
    return bounded(files)
  }

  /// Manifests of files that are gone, for jobs that still wait for them; the newest of so many bytes, so that the list
  /// of a plug-in directory of years fits a frame.
  private static let goneBytes = 4 << 20

  private static func bounded(_ files: [PluginFile]) -> [PluginFile] {
    var files = files
    var left = goneBytes
    let gone = files.indices.filter { files[$0].state == .removed }
    for index in gone.sorted(by: { files[$0].changedAt > files[$1].changedAt }) {
      left -= files[index].manifest.utf8.count
      if left < 0 { files[index].manifest = "" }
    }
    return files
  }

  static func put(_ file: PluginFile, in transaction: SQLTransaction) throws(StoreError) {
    try transaction.connection.run(
      "insert into plugin_file (file, state, plugin_id, version, sha256, manifest, image, message, generation, "
        + "changed_at, worker_group) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
        + "on conflict (file) do update set state = excluded.state, plugin_id = excluded.plugin_id, "
        + "version = excluded.version, sha256 = excluded.sha256, manifest = excluded.manifest, "
        + "image = excluded.image, message = excluded.message, generation = excluded.generation, "
        + "changed_at = excluded.changed_at, "
        + "worker_group = excluded.worker_group",
      [
        .text(file.file), .int(Int64(file.state.rawValue)), .text(file.pluginID), .text(file.version),
        .text(file.sha256), .text(file.manifest), .text(file.image), .text(file.message),
        .int(file.generation), .int(file.changedAt), .text(file.group),
      ])
  }
}
