import CPluginRuntime

extension JobThreads {
  /// One thread's place in the pool. Places are reused; `turn` tells one use from the next.
  struct Slot {
    var memory: SlotMemory?
    var thread: SlotThread?
    var turn: UInt64 = 0
    var isWorking = false
    var isAbandoned = false
    var hasEnded = false
  }

  /// What the pool's lock guards.
  struct State {
    var queue = WorkQueue()
    var slots: [Slot] = []
    /// Sleeping threads, the newest last: it is woken first, because its stack is still in the caches.
    var idle: [Int] = []
    var freeSlots: [Int] = []
    var coming = 0
    /// Work that has returned since the start.
    var returned: UInt64 = 0
    /// The kernel's number of the thread that took work last.
    var newest: Int32?
    var isStopping = false
    var endedCount = 0
    var counts = Counts()
    var lastRefusal: HostError?
  }

  /// What a thread does next.
  enum Next {
    case work(JobWork, JobThread)
    case sleep
    case end
  }
}

extension JobThreads.State {
  func facts(limit: Int, cores: Int) -> GrowthRule.Facts {
    GrowthRule.Facts(
      queued: queue.count, idle: idle.count, coming: coming, live: counts.live, limit: limit, cores: cores,
      returned: returned)
  }

  /// Takes one sleeping thread for waking: the caller wakes its word after the lock.
  mutating func wakeOne() -> SlotWord? {
    guard let slot = idle.popLast(), let memory = slots[slot].memory else { return nil }
    coming += 1
    let word = SlotWord(memory)
    bhrt_store_u32(word.pointer, 1)
    return word
  }

  /// A place for a new thread, counted from now on; nil at the limit.
  mutating func reserveSlot(limit: Int) -> Int? {
    guard counts.live < limit else { return nil }
    counts.live += 1
    counts.made += 1
    coming += 1
    if let slot = freeSlots.popLast() {
      slots[slot] = JobThreads.Slot(turn: slots[slot].turn)
      return slot
    }
    slots.append(JobThreads.Slot())
    return slots.count - 1
  }

  /// Takes back what `reserveSlot` gave, when the system gave no thread.
  mutating func dropSlot(_ slot: Int, because error: HostError) -> SlotMemory? {
    counts.live -= 1
    counts.made -= 1
    coming -= 1
    lastRefusal = error
    freeSlots.append(slot)
    defer { slots[slot].memory = nil }
    return slots[slot].memory
  }

  /// What the thread of `slot` does next; its work, if it had any, has returned.
  mutating func next(_ slot: Int) -> JobThreads.Next {
    if slots[slot].isWorking {
      returned &+= 1
      slots[slot].isWorking = false
    }
    if slots[slot].isAbandoned {
      counts.abandoned -= 1
      end(slot)
      return .end
    }
    guard let work = queue.take() else {
      if isStopping {
        counts.live -= 1
        end(slot)
        return .end
      }
      if let memory = slots[slot].memory { bhrt_store_u32(memory.wakeWord, 0) }
      idle.append(slot)
      return .sleep
    }
    newest = slots[slot].memory?.record.pointee.threadID
    slots[slot].turn &+= 1
    slots[slot].isWorking = true
    return .work(work, JobThread(slot: slot, turn: slots[slot].turn))
  }

  mutating func abandon(_ thread: JobThread) -> Bool {
    guard slots.indices.contains(thread.slot) else { return false }
    let slot = slots[thread.slot]
    guard slot.turn == thread.turn, slot.isWorking, !slot.isAbandoned else { return false }
    slots[thread.slot].isAbandoned = true
    counts.live -= 1
    counts.abandoned += 1
    return true
  }

  /// From now on threads that find no work end; the words wake those that sleep.
  mutating func stop() -> [SlotWord] {
    isStopping = true
    var words: [SlotWord] = []
    while let word = wakeOne() { words.append(word) }
    return words
  }

  /// Threads that have ended and are to be joined, and their memory.
  mutating func takeEnded() -> [(SlotThread, SlotMemory)] {
    guard endedCount > 0 else { return [] }
    var ended: [(SlotThread, SlotMemory)] = []
    for slot in slots.indices where slots[slot].hasEnded {
      guard let thread = slots[slot].thread, let memory = slots[slot].memory else { continue }
      ended.append((thread, memory))
      slots[slot] = JobThreads.Slot(turn: slots[slot].turn)
      freeSlots.append(slot)
      endedCount -= 1
    }
    return ended
  }

  private mutating func end(_ slot: Int) {
    slots[slot].hasEnded = true
    endedCount += 1
  }
}
