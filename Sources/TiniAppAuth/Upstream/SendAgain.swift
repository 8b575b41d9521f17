/// Decides whether a call that has come to nothing may be sent again. Nothing else does.
///
/// A code or a refresh token works once. Sent twice, it makes the token server revoke what the first one gave.
enum SendAgain {
    /// How far an attempt had come.
    enum Progress: Equatable {
        /// The connection was found closed before the first byte: not one can have left.
        case notWritten
        /// Bytes may have left, a failed write included.
        case written
        /// The head of an answer had arrived.
        case answerBegun
    }

    /// How often a call is repeated whose bytes may have left, if its route allows it at all.
    static let repetitionLimit = 1

    /// - Parameters:
    ///   - isRepeatable: whether the route stands being sent twice.
    ///   - progress: how far the attempt had come.
    ///   - repetitions: how often the call has been written before this attempt.
    static func isAllowed(isRepeatable: Bool, after progress: Progress, repetitions: Int) -> Bool {
        switch progress {
        case .notWritten: true
        case .written: isRepeatable && repetitions < repetitionLimit
        case .answerBegun: false
        }
    }
}
