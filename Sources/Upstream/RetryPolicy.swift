/// Decides whether a call whose attempt has failed may be sent again: the rule that keeps a call from arriving twice.
///
/// A call that has not been handed to a connection yet may go to any; that takes no decision.
enum RetryPolicy {
    /// How far an attempt had come.
    enum Progress: Equatable {
        /// The connection was found closed before the first byte: not one can have left.
        case notWritten
        /// Bytes may have left, a failed write included.
        case written
        /// The head of an answer had arrived.
        case answerBegun
    }

    /// How often a call is repeated whose bytes may have left, if it is repeatable at all.
    static let repetitionLimit = 1

    /// - Parameters:
    ///   - isRepeatable: whether the call may arrive twice.
    ///   - progress: how far the attempt had come.
    ///   - repetitions: how often the call has been written before this attempt.
    static func mayRetry(isRepeatable: Bool, after progress: Progress, repetitions: Int) -> Bool {
        switch progress {
        case .notWritten: true
        case .written: isRepeatable && repetitions < repetitionLimit
        case .answerBegun: false
        }
    }
}
