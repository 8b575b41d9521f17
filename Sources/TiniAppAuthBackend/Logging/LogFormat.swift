import Glibc

/// How log entries are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// ``text`` at a terminal, ``json`` elsewhere.
    case auto
    /// For programs: one JSON object per line.
    case json
    /// For people.
    case text

    var isText: Bool {
        switch self {
        case .auto: isatty(STDERR_FILENO) == 1
        case .json: false
        case .text: true
        }
    }
}
