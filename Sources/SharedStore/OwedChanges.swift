import NIOCore

/// Changes that the store has not confirmed yet: outcomes to publish and claims to release. Each is sent until the
/// store has replied, since a store that was away may carry out an old claim only when it is back. A value without
/// socket or timer.
struct OwedChanges {
    struct Change {
        let key: [UInt8]
        let command: RedisCommand
        /// The outcome that it publishes; nil if it releases a claim.
        var outcome: [UInt8]?
        /// When the outcome is no longer told.
        var end = NIODeadline.distantFuture
        /// The command that is to be sent from then on, the release of a claim; nil if none is.
        var last: RedisCommand?
        /// Given by ``OwedChanges/add(_:)``.
        var number = 0
        var isSent = false
    }

    /// Bytes of all commands. Of more than that, changes are sent once.
    private static let maxBytes = 32 * 1_048_576

    /// One for each key: a later change of a key replaces the earlier one.
    private var changes: [[UInt8]: Change] = [:]
    private var bytes = 0
    private var numbers = 0

    var count: Int { changes.count }

    /// The outcome that is to be published under a key; nil if there is none, or if its window is over.
    func outcome(of key: [UInt8], at now: NIODeadline) -> [UInt8]? {
        changes[key].flatMap { $0.end > now ? $0.outcome : nil }
    }

    /// Adds a change, which is about to be sent.
    ///
    /// - Returns: the change, as ``remove(_:)`` and ``didFail(_:)`` know it.
    mutating func add(_ change: Change) -> Change {
        var change = change
        numbers += 1
        change.number = numbers
        change.isSent = true
        if let earlier = changes[change.key] {
            remove(earlier)
            // A call that was made without a claim does not release the one before it.
            let release = earlier.outcome == nil ? earlier.command : earlier.last
            if change.outcome != nil { change.last = change.last ?? release }
        }
        guard bytes + change.command.bytes.readableBytes <= Self.maxBytes else { return change }
        bytes += change.command.bytes.readableBytes
        changes[change.key] = change
        return change
    }

    /// The store has replied.
    mutating func remove(_ change: Change) {
        guard let known = changes[change.key], known.number == change.number else { return }
        bytes -= known.command.bytes.readableBytes
        changes[change.key] = nil
    }

    /// It must be sent again.
    mutating func didFail(_ change: Change) {
        guard changes[change.key]?.number == change.number else { return }
        changes[change.key]?.isSent = false
    }

    /// Those to be sent now.
    mutating func takeUnsent(at now: NIODeadline) -> [Change] {
        for change in changes.values where change.end <= now {
            remove(change)
            guard let last = change.last else { continue }
            didFail(add(Change(key: change.key, command: last)))
        }
        let unsent = changes.values.filter { !$0.isSent }.sorted { $0.number < $1.number }
        for change in unsent { changes[change.key]?.isSent = true }
        return unsent
    }

    mutating func removeAll() {
        changes = [:]
        bytes = 0
    }
}
