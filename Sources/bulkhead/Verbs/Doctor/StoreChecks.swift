import Storage

/// What a store needs of its place, and whether it is in order.
enum StoreChecks {
  private static let mebibyte: Int64 = 1 << 20

  static func judge(_ facts: StoreFacts) -> [HealthCheck] {
    guard facts.folderExists else {
      return [
        HealthCheck(
          .storeFolder, .fault, "there is no folder \(facts.folder) for the store",
          cure: "make it, or name another store with --store")
      ]
    }
    return [
      file(facts), folder(facts), fileSystem(facts), disk(facts), log(facts), damage(facts), backups(facts),
      schema(facts),
    ]
  }

  private static func file(_ facts: StoreFacts) -> HealthCheck {
    guard facts.fileExists else {
      return HealthCheck(.storeFile, .note, "there is no \(facts.path) yet; `bulkhead serve` makes it")
    }
    guard facts.fileIsRegular else {
      return HealthCheck(
        .storeFile, .fault, "\(facts.path) is no file", cure: "name the store's file: --store sqlite:PATH")
    }
    guard facts.fileIsWritable else {
      return HealthCheck(
        .storeFile, .fault, "this user may not read and write \(facts.path)",
        cure: "ask as the user who runs `bulkhead serve`, or give the file to that user")
    }
    guard facts.fileMode & 0o077 == 0 else {
      let mode = String(facts.fileMode, radix: 8)
      return HealthCheck(
        .storeFile, .warning, "\(facts.path) is open to others (mode \(mode)): it holds parameters of jobs",
        cure: "run \"chmod 600 \(facts.path)\"")
    }
    return HealthCheck(.storeFile, .ok, "\(facts.path), \(ByteText.text(bytes: facts.bytes))")
  }

  private static func folder(_ facts: StoreFacts) -> HealthCheck {
    guard facts.folderIsWritable else {
      return HealthCheck(
        .storeFolder, .fault, "this user may not make files in \(facts.folder)",
        cure:
          "the store needs its log, lock and socket beside it: give the folder to the user of `bulkhead serve`"
      )
    }
    guard !facts.folderIsOpen else {
      return HealthCheck(
        .storeFolder, .warning, "everybody may write \(facts.folder), and so replace the store",
        cure: "run \"chmod o-w \(facts.folder)\"")
    }
    return HealthCheck(.storeFolder, .ok, facts.folder)
  }

  private static func fileSystem(_ facts: StoreFacts) -> HealthCheck {
    let name = facts.fileSystem
    if facts.isReadOnly {
      return HealthCheck(
        .storeFileSystem, .fault, "\(facts.folder) is mounted read-only (\(name))",
        cure: "mount it for writing; in a container, keep the store on a volume")
    }
    if networks.contains(name) {
      return HealthCheck(
        .storeFileSystem, .fault,
        "\(facts.folder) is on a network file system (\(name)): it cannot hold the log",
        cure: "keep the store on a local disk")
    }
    if ["tmpfs", "ramfs"].contains(name) {
      return HealthCheck(
        .storeFileSystem, .warning,
        "\(facts.folder) is memory (\(name)): the store is gone with the next boot",
        cure: "keep the store on a local disk")
    }
    if name == "overlay" {
      return HealthCheck(
        .storeFileSystem, .note,
        "\(facts.folder) is a container's own layer (overlay): it goes with the container",
        cure: "keep the store on a volume if it is to stay")
    }
    return HealthCheck(.storeFileSystem, .ok, name)
  }

  private static func disk(_ facts: StoreFacts) -> HealthCheck {
    let free = "\(ByteText.text(bytes: facts.freeBytes)) free at \(facts.folder)"
    let cure = "free space; what is new is refused while the disk is full, running jobs go on"
    if facts.freeBytes < 64 * mebibyte { return HealthCheck(.storeDisk, .fault, free, cure: cure) }
    if facts.freeBytes < 1024 * mebibyte { return HealthCheck(.storeDisk, .warning, free, cure: cure) }
    return HealthCheck(.storeDisk, .ok, free)
  }

  private static func log(_ facts: StoreFacts) -> HealthCheck {
    let size = ByteText.text(bytes: facts.walBytes)
    guard facts.walBytes > 256 * mebibyte else { return HealthCheck(.storeLog, .ok, size) }
    return HealthCheck(
      .storeLog, .warning,
      "\(facts.path)-wal has \(size); 16 MiB are usual: something keeps it from being written back",
      cure: "close other programs that read the store; it becomes short again when the engine starts anew")
  }

  private static func damage(_ facts: StoreFacts) -> HealthCheck {
    if let mark = facts.damage {
      return HealthCheck(
        .storeDamage, .fault,
        "the engine found damage: " + (mark.isEmpty ? "\(facts.path).damaged is there" : mark),
        cure: "look with `bulkhead store check`; stop the engine, then " + StoreText.restore(facts.path))
    }
    if case .report(let report) = facts.inside, !report.problems.isEmpty {
      return HealthCheck(
        .storeDamage, .fault, HealthCheck.listed(report.problems),
        cure: StoreText.restore(facts.path))
    }
    if case .failure(let error) = facts.inside, error.code == .damaged {
      return HealthCheck(.storeDamage, .fault, error.message, cure: error.cure)
    }
    return HealthCheck(.storeDamage, .ok, "no mark of damage")
  }

  private static func backups(_ facts: StoreFacts) -> HealthCheck {
    guard !facts.backups.isEmpty else { return HealthCheck(.storeBackups, .ok, "none from upgrades") }
    let bytes = facts.backups.reduce(0) { $0 + $1.bytes }
    return HealthCheck(
      .storeBackups, .note,
      "\(facts.backups.map(\.name).joined(separator: ", ")): stores as they were before an upgrade, "
        + ByteText.text(bytes: bytes),
      cure: "remove them when you will not go back")
  }

  private static func schema(_ facts: StoreFacts) -> HealthCheck {
    switch facts.inside {
    case .absent: return HealthCheck(.storeSchema, .ok, "a new store gets schema \(Migrations.newest)")
    case .served:
      return HealthCheck(.storeSchema, .ok, "the engine has it open; every page: bulkhead store check")
    case .locked(let message):
      return HealthCheck(
        .storeSchema, .warning, "not looked at: " + message,
        cure: "an engine begins or ends: try again; if it stays so, look at that process")
    case .large(let bytes):
      return HealthCheck(
        .storeSchema, .note, "not looked at: reading \(ByteText.text(bytes: bytes)) takes long",
        cure: "to read all of it: bulkhead store check")
    case .slow:
      return HealthCheck(
        .storeSchema, .warning,
        "reading the store took longer than \(EngineAnswers.limitMilliseconds / 1000) seconds",
        cure: "look at the disk, then: bulkhead store check")
    case .report(let report):
      let isWhole = report.problems.isEmpty
      return HealthCheck(
        .storeSchema, .ok,
        "schema \(report.schema), \(report.jobs) jobs" + (isWhole ? ", every page read and in order" : ""))
    case .failure(let error): return schema(error)
    }
  }

  private static func schema(_ error: StoreError) -> HealthCheck {
    switch error.code {
    case .olderSchema:
      HealthCheck(
        .storeSchema, .note, error.message,
        cure: "the next `bulkhead serve` upgrades it, and keeps a copy beside it: see to space for that")
    case .damaged: HealthCheck(.storeSchema, .fault, "it cannot be read", cure: error.cure)
    default: HealthCheck(.storeSchema, .fault, error.message, cure: error.cure)
    }
  }

  private static let networks: Set = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "lustre", "fuse.sshfs",
  ]
}
