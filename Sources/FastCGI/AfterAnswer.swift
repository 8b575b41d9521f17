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
