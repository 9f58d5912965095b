/// Why a job changed: the machine-readable reason that every event carries.
package enum ReasonCode: String, Sendable, CaseIterable {
  case submitted
  case claimed
  case handedBack = "handed_back"
  case workerEnded = "worker_ended"
  case disowned
  case started
  case returned
  case cancelRequested = "cancel_requested"
  case cancelledBeforeStart = "cancelled_before_start"
  case cancelTooLate = "cancel_too_late"
  case deadlinePassed = "deadline_passed"
  case graceOver = "grace_over"
  case zombieReturned = "zombie_returned"
  case endedWhileCancelling = "ended_while_cancelling"
  case attemptsExhausted = "attempts_exhausted"
  case finishedLate = "finished_late"
  case fencedFinish = "fenced_finish"
  case reasserted
  case stepUnknown = "step_unknown"
  case reconciled
  case resolved

  /// The same for people.
  package var sentence: String {
    switch self {
    case .submitted: "it was submitted"
    case .claimed: "a worker claimed it"
    case .handedBack: "its worker gave it back before it started"
    case .workerEnded: "its worker ended"
    case .disowned: "its worker came back and knew nothing of it"
    case .started: "it was started"
    case .returned: "the plug-in returned"
    case .cancelRequested: "a cancel was requested while it ran"
    case .cancelledBeforeStart: "it was cancelled before it started"
    case .cancelTooLate: "the plug-in was done before the cancel reached it"
    case .deadlinePassed: "its deadline passed while it ran"
    case .graceOver: "it did not end within its grace time"
    case .zombieReturned: "it returned after its grace time, when nothing of it was taken any more"
    case .endedWhileCancelling: "its worker ended while it was asked to stop"
    case .attemptsExhausted: "its worker ended during every attempt"
    case .finishedLate: "its run finished although its worker had been given up"
    case .fencedFinish: "a run that had lost the job returned; nothing of it was taken"
    case .reasserted: "its worker came back and still runs it"
    case .stepUnknown: "its run could not tell what came of it outside"
    case .reconciled: "its reconcile entry was asked what came of it"
    case .resolved: "somebody decided what came of it"
    }
  }
}
