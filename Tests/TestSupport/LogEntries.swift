import InMemoryLogging
import Logging

extension InMemoryLogHandler {
    /// A handler and a logger that lets every level through, into it.
    package static func make() -> (handler: InMemoryLogHandler, logger: Logger) {
        var handler = InMemoryLogHandler()
        handler.logLevel = .trace
        return (handler, Logger(label: "test") { [handler] _ in handler })
    }

    /// All that was logged, in one text.
    package var text: String { entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }
}
