import Logging
import Synchronization

/// Keeps what is logged, for tests.
final class LogRecorder: Sendable {
    /// One log entry.
    struct Entry: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private let recorded = Mutex<[Entry]>([])

    var entries: [Entry] { recorded.withLock { $0 } }

    /// A logger that lets every level through, into this recorder.
    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    /// All that was logged, in one text.
    var text: String { entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        init(recorder: LogRecorder) {
            self.recorder = recorder
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues(\.description)
            let entry = Entry(level: event.level, message: event.message.description, metadata: fields)
            recorder.recorded.withLock { $0.append(entry) }
        }
    }
}
