/// What comes into the transitions, and what they want done.
extension UpstreamConnectionState {
    /// What a part of an answer is.
    enum Part: Equatable {
        case head
        case body
        /// - Parameter isLast: whether the server closes, or does not say that it stays.
        case end(isLast: Bool)
    }

    /// What to do with a part of an answer.
    enum Reception: Equatable {
        /// Take it.
        case expected
        /// Drop it: the connection is on its way out.
        case ignored
        /// End the connection: nobody asked for this.
        case unasked
    }

    /// What to do when everything that had arrived together has been taken.
    enum AfterRead: Equatable {
        case nothing
        /// The connection is idle again.
        case release
        /// It has answered, and must not be used again.
        case close
    }

    /// What an end of the connection means.
    enum Ending: Equatable {
        /// It had ended before.
        case known
        /// It carried no call.
        case withoutCall
        /// It carried one whose bytes may have left.
        case inCall(answerHadBegun: Bool)
    }
}
