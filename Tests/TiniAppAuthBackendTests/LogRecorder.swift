import Foundation
import Logging
import Synchronization
import Testing

@testable import TiniAppAuthBackend

/// Collects the lines that a log handler writes.
final class LogRecorder: Sendable {
    private let lines = Mutex<[[UInt8]]>([])

    var all: [String] { lines.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) } }

    /// A logger whose lines are JSON, or for people.
    func logger(_ level: Logger.Level = .trace, isText: Bool = false) -> Logger {
        Logger(label: "test") { _ in self.handler(level, isText: isText) }
    }

    func handler(_ level: Logger.Level = .trace, isText: Bool = false) -> LineLogHandler {
        LineLogHandler(logLevel: level, isText: isText) { line in self.lines.withLock { $0.append(line) } }
    }

    /// The one line that was written.
    func line(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        #expect(all.count == 1, sourceLocation: sourceLocation)
        let line = try #require(all.first, sourceLocation: sourceLocation)
        #expect(line.utf8.last == UInt8(ascii: "\n"), sourceLocation: sourceLocation)
        #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1, sourceLocation: sourceLocation)
        return line
    }

    /// The fields of the one line of JSON that was written.
    func fields(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(try line(sourceLocation: sourceLocation).utf8))
        return try #require(object as? [String: Any], sourceLocation: sourceLocation)
    }
}
