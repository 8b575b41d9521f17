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

    /// Called right before the answer is written.
    ///
    /// - Returns: whether the connection's next request may follow.
    func staysOpen(_ connection: Connection) -> Bool {
        guard case .isKept(let shutdown) = self else { return false }
        // Both: a web server that does not close at a last answer may send a request all the same.
        return connection.answerBegins() && !shutdown.isSet
    }
}
