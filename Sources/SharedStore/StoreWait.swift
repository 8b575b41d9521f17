import NIOCore

extension SharedStore {
    /// What waiting for somebody else's call has come to.
    package enum WaitOutcome: Equatable, Sendable {
        case answer([UInt8])
        case unknown(reason: [UInt8])
        /// The claim is gone: given up since nothing was sent, or at its end, which tells nothing.
        case gone
        /// The time is over.
        case deadline
        /// The store was closed.
        case closed
    }

    /// How soon to look first; doubled each time.
    static let firstLook = TimeAmount.milliseconds(20)
    static let longestPause = TimeAmount.milliseconds(200)

    /// Waits for the outcome of a call that somebody else has. A store that fails is asked again: the claim is not gone with
    /// it.
    ///
    /// - Parameters:
    ///   - deadline: when the completion is called at the latest.
    ///   - completion: called once, on the event loop, after this has returned.
    package func wait(
        for key: [UInt8],
        until deadline: NIODeadline,
        _ completion: @escaping (WaitOutcome) -> Void
    ) {
        StoreWait(self, key, deadline, completion).next(after: Self.firstLook)
    }
}

/// One who waits. Lives on the event loop, kept by its timer.
private final class StoreWait {
    private let store: SharedStore
    private let key: [UInt8]
    private let deadline: NIODeadline
    private var completion: ((SharedStore.WaitOutcome) -> Void)?
    private var isLooking = false

    init(
        _ store: SharedStore,
        _ key: [UInt8],
        _ deadline: NIODeadline,
        _ completion: @escaping (SharedStore.WaitOutcome) -> Void
    ) {
        self.store = store
        self.key = key
        self.deadline = deadline
        self.completion = completion
    }

    /// Looks after the pause, and goes on from there whether or not the store has answered.
    func next(after pause: TimeAmount) {
        let time = min(.now() + pause, deadline)
        store.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            guard self.completion != nil else { return }
            guard time < self.deadline else { return self.finish(.deadline) }
            self.look()
            self.next(after: min(pause * 2, SharedStore.longestPause))
        }
    }

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        store.look(key) { held in
            self.isLooking = false
            switch held {
            case .answer(let sealed): self.finish(.answer(sealed))
            case .unknown(let reason): self.finish(.unknown(reason: reason))
            case .nothing: self.finish(.gone)
            case .failed(.closed): self.finish(.closed)
            case .claim, .failed: break
            }
        }
    }

    private func finish(_ outcome: SharedStore.WaitOutcome) {
        let completion = completion
        self.completion = nil
        completion?(outcome)
    }
}
