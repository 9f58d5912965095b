import DataModel
import Storage
import Threading

/// The thread that asks the store for jobs whenever there is a free slot, and learns on the same way what was asked of
/// this worker: cancels, its order, new plug-ins. Woken by signals; without them it asks every two seconds.
final class ClaimLoop: Sendable {
  private let session: StoreSession
  private let step: ClaimStep
  private let bell: Bell

  init(session: StoreSession, step: ClaimStep, bell: Bell) {
    self.session = session
    self.step = step
    self.bell = bell
  }

  /// Until the session is over, or all is drained.
  func run() {
    while !session.isOver {
      let question = step.question()
      let answer = Result { () throws(StoreError) in
        try session.perform(question.verb, repeated: false, giveUp: { self.step.isDone })
      }
      let wantsMore = step.settle(question, answer)
      if step.isDone { return }
      if !wantsMore { bell.wait(milliseconds: ClaimStep.pollMilliseconds) }
    }
  }
}
