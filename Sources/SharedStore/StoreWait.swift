import NIOCore

extension SharedStore {
    /// The outcome of waiting for another instance's call.
    package enum WaitOutcome: Equatable, Sendable {
        case answer([UInt8])
        case unknown(reason: [UInt8])
        /// The claim was released because nothing was sent, or it expired, which says nothing about the call.
        case gone
        /// The deadline has passed.
        case deadline
        /// The store was closed.
        case closed
    }

    /// The pause before the first look. It doubles each time.
    static let firstLook = TimeAmount.milliseconds(20)
    static let longestPause = TimeAmount.milliseconds(200)

    /// Waits for the outcome of a call that another instance has claimed. If the store fails, it is asked again: the
    /// claim may still be there.
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

/// One wait for one key. Lives on the event loop, kept alive by its timer.
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

    /// Looks after the pause, and schedules the next look whether or not the store has answered.
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
