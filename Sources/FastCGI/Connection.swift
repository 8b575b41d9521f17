import Synchronization

/// A connection from the web server, which the front door and the request in flight share. It closes when both have let
/// go of it.
///
/// The door reads and the answer is written, each on its own thread. The turn tells the door what bytes mean that arrive: after
/// the answer they are the next request, before it they are a mistake.
final class Connection: Sendable {
    private enum Turn: UInt8, AtomicRepresentable {
        /// The web server may send a request, or is sending it.
        case request
        /// A request waits for its answer.
        case answer
        /// The web server sent something, or went away, while a request waited: the answer is the last.
        case lastAnswer
    }

    let socket: ConnectedSocket
    private let turn = Atomic(Turn.request)

    init(_ socket: consuming ConnectedSocket) {
        self.socket = socket
    }

    /// A request has arrived, and its answer comes next.
    func requestArrived() {
        turn.store(.answer, ordering: .releasing)
    }

    /// Called when something has happened on the connection between requests.
    ///
    /// - Returns: whether it may be the next request. If not, it came while one is in flight, whose answer is the last.
    func mayReadNextRequest() -> Bool {
        while turn.load(ordering: .acquiring) != .request {
            let (changed, turn) = turn.compareExchange(
                expected: .answer,
                desired: .lastAnswer,
                ordering: .acquiringAndReleasing
            )
            if changed || turn == .lastAnswer { return false }
        }
        return true
    }

    /// Writes the answer to the request, by one call and without waiting, and ends the connection unless it is kept. What
    /// the web server sends from here on is its next request.
    ///
    /// - Returns: whether the kernel has taken all of it.
    func answer(_ document: [UInt8], to requestID: UInt16, _ afterAnswer: AfterAnswer) -> Bool {
        // Both: a web server that does not close at a last answer may send a request all the same.
        var staysOpen = false
        if case .isKept(let shutdown) = afterAnswer {
            staysOpen = turn.exchange(.request, ordering: .acquiringAndReleasing) == .answer && !shutdown.isSet
        }
        let isLast = afterAnswer.isAskedFor && !staysOpen
        let sent = socket.write(AnswerRecords.encode(document, requestID: requestID, isLast: isLast))
        // Half an answer must not be the beginning of the next one.
        if isLast || !sent { socket.end() }
        return sent
    }
}

/// What becomes of a connection after the answer to a request.
enum AfterAnswer: Sendable {
    /// It closes, as the web server expects.
    case closes
    /// It closes, though the web server has asked to keep it.
    case isLast
    /// It stays open for the next request, unless the process is shutting down by then.
    case isKept(unless: ShutdownFlag)

    /// Whether the web server has asked to keep the connection.
    var isAskedFor: Bool {
        if case .closes = self { false } else { true }
    }
}
