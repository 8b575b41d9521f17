import InMemoryLogging
import Logging

extension InMemoryLogHandler {
    /// A handler, and a logger that passes every level on to it.
    package static func make() -> (handler: InMemoryLogHandler, logger: Logger) {
        var handler = InMemoryLogHandler()
        handler.logLevel = .trace
        return (handler, Logger(label: "test") { [handler] _ in handler })
    }

    /// Everything that was logged, as one text.
    package var text: String { entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }
}
