import DataModel

/// What one job does when it runs: chosen by the seed, found again by the number in its parameters.
struct JobScript {
  var rule: RepeatRule
  var kind: JobKind
  /// How long its entry takes, and its clean-up.
  var work: Int64
  var cleanup: Int64
  var code: Int32
  /// How soon it obeys a stop; nil: not at all.
  var obeysAfter: Int64?
  /// It returns its own code although it was told to stop.
  var isDoneAnyway: Bool
  var writes: Int
  var lines: Int
  /// It takes its worker with it.
  var crashes: Bool
  var deadline: Int64
  var grace: Int64
}

/// What strikes the world from outside, and when.
enum Blow {
  case killWorker
  /// SIGSTOP, and SIGCONT after so long.
  case pauseWorker(Int64)
  case killServe(Int64)
  /// SIGSTOP, and SIGCONT after so long: connections stay, nobody answers.
  case pauseServe(Int64)
  /// Serve for so long, and a worker so much later.
  case killBoth(Int64, gap: Int64)
  case cutConnection
  case drainWorker
  /// The wall clock is set, forwards or back.
  case setClock(Int64)
  case removePlugin(Int64)
  case replacePlugin
  case cancelNodeJobs
  /// The disk of the outboxes is full for so long.
  case fillDisk(Int64)
}

/// All that a seed has chosen for one world. Each seed has some kinds of faults and not others, so that rare
/// combinations are met as well as crowds.
struct Plan {
  static let kinds = ["alpha", "beta"].map { JobKind(plugin: $0, action: "run") }

  var workers: Int
  var slots: Int
  var scripts: [JobScript]
  /// Jobs of each batch, in order of submission.
  var batches: [Int]
  /// How often, of a thousand requests: a connection ends before or after the commit, the database refuses.
  var cutsBefore: Int
  var cutsAfter: Int
  var refusals: Int
  /// How often, of a thousand: a wake-up is lost.
  var lostSignals: Int
  /// How long a request or an answer may be on its way.
  var slowest: Int64
  /// How long a worker without jobs goes on without a store.
  var awayLimit: Int64
  /// How often, of a thousand times, a thread of a worker has to wait.
  var slowThreads: Int
  /// How often, of a thousand jobs, its client asks for its cancel.
  var cancels: Int
  var blows: [(at: Int64, blow: Blow)]
  /// From here on nothing goes wrong any more.
  var calmAt: Int64

  init(_ random: inout SeedRandom) {
    workers = random.between(1, 4)
    slots = random.pick([1, 2, 4, 8])
    batches = (0..<random.between(1, 5)).map { _ in random.pick([1, 1, 2, 3, 6]) }
    let isQuick = random.chance(300)
    scripts = []
    for _ in 0..<batches.reduce(0, +) { scripts.append(Self.script(&random, isQuick)) }
    cutsBefore = random.pick([0, 0, 10, 40, 120])
    cutsAfter = random.pick([0, 0, 10, 40, 120])
    refusals = random.pick([0, 0, 0, 20, 100])
    lostSignals = random.pick([0, 0, 300, 1000])
    slowest = random.pick([1, 5, 20, 200])
    awayLimit = random.pick([60_000, 60_000, 600])
    slowThreads = random.pick([0, 0, 30, 150])
    cancels = random.pick([0, 150, 400, 900])
    calmAt = random.time(1500, 9000)
    blows = []
    let allowed = Self.allowed(&random)
    if !allowed.isEmpty {
      for _ in 0..<random.between(0, 8) {
        blows.append((random.time(0, calmAt), Self.blow(random.pick(allowed), &random)))
      }
    }
  }

  /// The script of a batch's first job.
  func firstScript(of batch: Int) -> Int { batches[..<batch].reduce(0, +) }

  private static func script(_ random: inout SeedRandom, _ isQuick: Bool) -> JobScript {
    let code = random.pick([0, 0, 0, 0, 2, -5, -11])
    return JobScript(
      rule: random.chance(500) ? .never : .idempotent, kind: random.pick(kinds),
      work: isQuick ? random.time(0, 20) : random.pick([0, 5, 100, 400, 1500, 4000]),
      cleanup: random.pick([0, 0, 30]), code: Int32(code),
      obeysAfter: random.chance(800) ? random.time(0, 50) : nil, isDoneAnyway: random.chance(200),
      writes: random.pick([0, 0, 1, 3]), lines: random.pick([0, 1, 2]), crashes: random.chance(25),
      deadline: random.chance(150) ? random.time(50, 1000) : 0, grace: random.pick([50, 400, 2000]))
  }

  /// Which kinds of blows this world knows: a few of them.
  private static func allowed(_ random: inout SeedRandom) -> [Int] {
    (0..<12).filter { _ in random.chance(400) }
  }

  private static func blow(_ kind: Int, _ random: inout SeedRandom) -> Blow {
    switch kind {
    case 0: .killWorker
    case 1: .pauseWorker(random.time(1, 3000))
    case 2: .killServe(random.time(1, 2500))
    case 3: .cutConnection
    case 4: .drainWorker
    case 5: .setClock(random.time(-7_200_000, 7_200_000))
    case 6: .removePlugin(random.time(100, 3000))
    case 7: .replacePlugin
    case 8: random.chance(300) ? .cancelNodeJobs : .killWorker
    case 9: .killBoth(random.time(500, 4000), gap: random.time(0, 2500))
    case 10: .pauseServe(random.time(1, 3000))
    default: .fillDisk(random.time(100, 4000))
    }
  }
}
